"""`python -m pamps` is the same as `pamps`."""

from pamps.cli import main

main(prog_name="pamps")
