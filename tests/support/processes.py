"""Stopping processes that tests have started."""

import subprocess
from contextlib import suppress
from typing import Any

import psutil  # type: ignore[import-untyped]

PATIENCE_SECONDS = 60


def stop(process: "psutil.Process | subprocess.Popen[Any]") -> None:
    """Terminate a process and wait for it; if it takes too long, kill it and fail. Does nothing if it has
    ended."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
            process.wait()
