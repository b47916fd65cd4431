"""`pamps serve` with another application: `python -m benchmarks.serve [OPTIONS OF pamps serve]`.

Runs the command itself, so its checks before serving and the options that it passes to uvicorn are the same.
"""

import sys
from collections.abc import Callable

import uvicorn

from pamps.cli import main

APP = "benchmarks.served:app"


def in_place_of(run: Callable[..., None]) -> Callable[..., None]:
    """A `uvicorn.run` that serves APP instead of the given application, with the given options."""

    def run_other(_: object, **options: object) -> None:
        run(APP, **options)

    return run_other


if __name__ == "__main__":
    uvicorn.run = in_place_of(uvicorn.run)
    sys.argv[1:1] = ["serve"]
    main(prog_name="pamps")
