"""How much is measured: the sizes of a run, full or quick."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """Everything that makes a run long or short."""

    users: int = 10_000
    # Posts, from few to many. Throughput and memory are measured with the most.
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    rounds: int = 5
    seconds: int = 4  # of each measurement of throughput
    # Growth: rounds of one second each, and which page of a list is far from its beginning.
    growth_rounds: int = 3
    far_page: int = 500
    # The accounts that no demo has: whom they follow, and how long the lists are that are theirs.
    followed: int = 2_000
    dormant: int = 200
    rows: int = 1_050
    memory_requests: int = 100_000
    memory_seconds: int = 420  # and not longer than that


FULL = Plan()
QUICK = replace(
    FULL,
    users=600,
    sizes=(1_000, 10_000),
    rounds=2,
    seconds=2,
    growth_rounds=1,
    far_page=20,
    followed=100,
    dormant=20,
    rows=60,
    memory_requests=5_000,
)
