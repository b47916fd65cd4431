"""`pamps serve` with another application: `python -m benchmarks.serve [OPTIONS OF pamps serve]`.

The command itself runs, so whatever it does before it serves, and however it has uvicorn serve, is done.
"""

import sys
from collections.abc import Callable

import uvicorn

from pamps.cli import main

APP = "benchmarks.served:app"


def in_place_of(run: Callable[..., None]) -> Callable[..., None]:
    """`uvicorn.run` that serves APP, whatever it is told to serve, and leaves everything else as it is."""

    def run_other(_: object, **options: object) -> None:
        run(APP, **options)

    return run_other


if __name__ == "__main__":
    uvicorn.run = in_place_of(uvicorn.run)
    sys.argv[1:1] = ["serve"]
    main(prog_name="pamps")
