"""Progress messages of a run."""

import time

STARTED = time.monotonic()


def say(text: str) -> None:
    """Print one line, with the time since the start."""
    minutes, seconds = divmod(int(time.monotonic() - STARTED), 60)
    print(f"[{minutes:2}:{seconds:02}] {text}", flush=True)
