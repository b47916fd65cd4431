"""Early notice that the server is shutting down."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_to_stop(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` in the event loop as soon as one of SIGNALS arrives; the server still handles it.

    The server itself ends its lifespan only after all connections have closed, but streams do not close until
    they are ended. Does nothing outside the main thread, where no signals arrive.
    """
    loop = asyncio.get_running_loop()
    if current_thread() is not main_thread():
        yield
        return
    found = {int(number): signal.getsignal(number) for number in SIGNALS}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        handlers[number](number, frame)

    for number in handlers:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
