"""The extent of a run, full or quick."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """The parameters that determine how long a run takes."""

    users: int = 10_000
    # Posts, in ascending order. Throughput and memory are measured with the largest database.
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    rounds: int = 5
    seconds: int = 4  # of each measurement of throughput
    # Growth: rounds of one second each, and the number of the far page.
    growth_rounds: int = 3
    far_page: int = 500
    # The extreme accounts: how many users they follow, and the length of their lists.
    followed: int = 2_000
    dormant: int = 200
    rows: int = 1_050
    memory_requests: int = 100_000
    memory_seconds: int = 420  # the time limit


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
