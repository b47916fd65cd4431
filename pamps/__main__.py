"""Makes `python -m pamps` equivalent to `pamps`."""

from pamps.cli import main

main(prog_name="pamps")
