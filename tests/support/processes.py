"""The end of processes that tests have started."""

import subprocess
from contextlib import suppress
from typing import Any

import psutil  # type: ignore[import-untyped]

PATIENCE_SECONDS = 60


def stop(process: "psutil.Process | subprocess.Popen[Any]") -> None:
    """Tell a process to stop and wait until it has; a failure if it takes too long, and killed then. Nothing
    for one that has ended."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
            process.wait()
