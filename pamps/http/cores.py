"""Keeps the threads of a worker on one core.

Python runs one thread at a time. Threads on several cores gain nothing from them, and handing over from one
core to another takes longer than most of what a request does (ADR 0019).
"""

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

ALL_CORES = os.sched_getaffinity(0) if sys.platform == "linux" else set()


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this thread, and threads that it starts, on one core until the block ends.

    The workers of a machine are spread evenly over its cores. Nothing is restricted if there is only one
    core, or if the system is not Linux or does not allow it.
    """
    claimed = _claim_core() if len(ALL_CORES) > 1 else None
    if claimed is None:
        yield
        return
    core, claim = claimed
    with claim:
        _run_on({core})
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


def _claim_core() -> tuple[int, socket.socket] | None:
    """The core with the fewest claims of other workers, and the claim, which ends with its socket or with the
    process. None if the system does not allow it.

    A claim is an abstract socket address (unix(7)), which only one process can have, and which leaves nothing
    behind. A process sees the claims of its network namespace.
    """
    for number in count():
        for core in sorted(ALL_CORES):
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0pamps worker {number} on core {core}")
            except OSError as error:
                claim.close()
                if error.errno != errno.EADDRINUSE:
                    return None
            else:
                return core, claim
    return None
