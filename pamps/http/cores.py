"""Keeps the threads of a worker on one core.

Python runs one thread at a time. Threads on several cores gain nothing from them, and handing over from one
core to another takes longer than most of what a request does (ADR 0019).
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count

ALL_CORES = os.sched_getaffinity(0) if sys.platform == "linux" else set()


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this thread, and threads that it starts, on one core until the block ends.

    The workers of a machine are spread evenly over its cores. Nothing is restricted if there is only one
    core, or if the system is not Linux or does not allow it.
    """
    if len(ALL_CORES) < 2:
        yield
        return
    with closing(_Claim()) as claim:
        _run_on({claim.core})
        try:
            yield
        finally:
            use_all_cores()


def use_all_cores() -> None:
    """Let this thread run on any core: for work that does not hold the interpreter lock."""
    if ALL_CORES:
        _run_on(ALL_CORES)


def _run_on(cores: set[int]) -> None:
    with suppress(OSError):  # a sandbox may forbid it
        os.sched_setaffinity(0, cores)


class _Claim:
    """The core with the fewest claims of other workers. `close` or the end of the process releases it.

    A claim is an abstract socket address (unix(7)), which only one process can have, and which leaves nothing
    behind. A process sees the claims of its network namespace.
    """

    def __init__(self) -> None:
        for number in count():
            for self.core in sorted(ALL_CORES):
                self._socket = socket.socket(socket.AF_UNIX)
                try:
                    self._socket.bind(f"\0pamps worker {number} on core {self.core}")
                except OSError:
                    self.close()
                else:
                    return

    def close(self) -> None:
        self._socket.close()
