"""The distribution of events over time: two years with growth, quiet nights and weekends, and bursts.

Positions in the story are shares from 0 (start) to 1 (end), over which events are evenly distributed.
`Rhythm` maps a share to a moment.
"""

from array import array
from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from random import Random

from pamps.demo.recipe import Recipe

DAYS = 730
HOURS = DAYS * 24
MICROSECONDS = 3_600_000_000  # per hour
BURSTS = 60
BURST_HOURS = 18
# Relative activity per hour of the day, from midnight.
DAY = (5, 3, 2, 2, 2, 3, 5, 9, 14, 17, 18, 19, 21, 20, 18, 17, 18, 20, 23, 25, 24, 20, 14, 9)

# A moment and two numbers packed into one integer take a third of the memory of a tuple, and sort fast.
_SHARE = 1 << 52
_NUMBER_BITS = 27
_NUMBER = (1 << _NUMBER_BITS) - 1


class Rhythm:
    """The calendar of one world."""

    def __init__(self, recipe: Recipe) -> None:
        self._start = datetime.combine(recipe.until, time(), UTC) - timedelta(days=DAYS)
        self._weights = _weigh_hours(self._start.weekday(), recipe.dice("rhythm"))
        self._sums = array("d", accumulate(self._weights, initial=0.0))

    def moment(self, share: float) -> str:
        """The moment at a share below 1, monotonic in the share: UTC, to the microsecond, in the format that
        SQLite stores and PostgreSQL reads."""
        wanted = share * self._sums[-1]
        hour = min(bisect_right(self._sums, wanted), HOURS) - 1
        part = min((wanted - self._sums[hour]) / self._weights[hour], 1.0)
        moment = self._start + timedelta(microseconds=int((hour + part) * MICROSECONDS))
        return moment.isoformat(" ", "microseconds")[:26]


def _weigh_hours(first_weekday: int, dice: Random) -> list[float]:
    """The relative activity of each hour."""
    weights = [
        DAY[hour % 24] * (1 + 3 * hour / HOURS) * (0.6 if (first_weekday + hour // 24) % 7 >= 5 else 1.0)
        for hour in range(HOURS)
    ]
    for _ in range(BURSTS):  # an event that everyone talks about
        first, force = dice.randrange(HOURS - BURST_HOURS), 2 / (dice.random() + 0.05)
        for hour in range(BURST_HOURS):
            weights[first + hour] *= 1 + force / (1 + hour)
    return weights


def pack(share: float, left: int, right: int) -> int:
    """Pack all three into one integer that sorts by share."""
    return (int(share * _SHARE) << _NUMBER_BITS | left) << _NUMBER_BITS | right


def unpack(packed: int) -> tuple[float, int, int]:
    """The inverse of `pack`."""
    rest = packed >> _NUMBER_BITS
    return (rest >> _NUMBER_BITS) / _SHARE, rest & _NUMBER, packed & _NUMBER
