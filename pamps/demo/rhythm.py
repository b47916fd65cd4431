"""When things happen: two years that grow, sleep at night, rest at the weekend and have their bursts.

The story is measured in shares: 0 is its start and 1 its end, and as much happens in one hundredth as in any
other. `Rhythm` says which moment that is.
"""

from array import array
from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from random import Random

from pamps.demo.recipe import Recipe

DAYS = 730
HOURS = DAYS * 24
MICROSECONDS = 3_600_000_000  # of an hour
BURSTS = 60
BURST_HOURS = 18
# How busy the hours of a day are, from midnight on.
DAY = (5, 3, 2, 2, 2, 3, 5, 9, 14, 17, 18, 19, 21, 20, 18, 17, 18, 20, 23, 25, 24, 20, 14, 9)

# A moment and two numbers as one integer want a third of the memory of a tuple, and sort fast.
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
        """The moment at a share below 1, never before that of a smaller one: UTC, to the microsecond, in the
        form in which SQLite keeps it and which PostgreSQL reads."""
        wanted = share * self._sums[-1]
        hour = min(bisect_right(self._sums, wanted), HOURS) - 1
        part = min((wanted - self._sums[hour]) / self._weights[hour], 1.0)
        moment = self._start + timedelta(microseconds=int((hour + part) * MICROSECONDS))
        return moment.isoformat(" ", "microseconds")[:26]


def _weigh_hours(first_weekday: int, dice: Random) -> list[float]:
    """How much happens in each hour."""
    weights = [
        DAY[hour % 24] * (1 + 3 * hour / HOURS) * (0.6 if (first_weekday + hour // 24) % 7 >= 5 else 1.0)
        for hour in range(HOURS)
    ]
    for _ in range(BURSTS):  # something has happened that everybody talks about
        first, force = dice.randrange(HOURS - BURST_HOURS), 2 / (dice.random() + 0.05)
        for hour in range(BURST_HOURS):
            weights[first + hour] *= 1 + force / (1 + hour)
    return weights


def pack(share: float, left: int, right: int) -> int:
    """One integer of all three, in the order of the shares."""
    return (int(share * _SHARE) << _NUMBER_BITS | left) << _NUMBER_BITS | right


def unpack(packed: int) -> tuple[float, int, int]:
    """What was packed."""
    rest = packed >> _NUMBER_BITS
    return (rest >> _NUMBER_BITS) / _SHARE, rest & _NUMBER, packed & _NUMBER
