"""What a run is doing, while it does it."""

import time

STARTED = time.monotonic()


def say(text: str) -> None:
    """One line for who waits, with the time since the start."""
    minutes, seconds = divmod(int(time.monotonic() - STARTED), 60)
    print(f"[{minutes:2}:{seconds:02}] {text}", flush=True)
