"""The users of a demo: names, join dates, follows and popularity."""

from array import array
from itertools import accumulate
from math import sqrt
from random import Random

from pamps.demo.recipe import Recipe
from pamps.demo.rhythm import pack
from pamps.demo.words import FAMILY, GIVEN

LAST_JOIN = 0.9  # share of the story at which the last user joins
FOLLOWS = 10.0  # scale of the number of follows per user, which averages three times this


class People:
    """All users by number, from 0, in the order in which they joined."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        dice = recipe.dice("people")
        self.names = make_names(recipe.users, dice)
        # Ranked by fame, and by activity, which correlates: popular users post a lot.
        self.famous = list(range(recipe.users))
        dice.shuffle(self.famous)
        ranks = {person: (rank + 1) * (dice.random() + 0.1) for rank, person in enumerate(self.famous)}
        self.zealous = sorted(self.famous, key=ranks.__getitem__)
        self.fame = _harmonic(recipe.users, 3)
        self.zeal = _harmonic(recipe.users, 10)

    def joined(self, share: float) -> int:
        """The number of users who have joined by then; at least one."""
        return min(max(1, int(self._recipe.users * sqrt(share / LAST_JOIN))), self._recipe.users)

    def join(self, person: int) -> float:
        """The share of the story at which a user joins."""
        part = person / self._recipe.users
        return LAST_JOIN * part * part

    def plan_follows(self) -> list[int]:
        """All follows as `pack`ed moment, follower and followed, in order of time. Pairs are unique."""
        dice = self._recipe.dice("follows")
        follows: list[int] = []
        for person in range(self._recipe.users):
            follows += self._plan_following(person, dice)
        follows.sort()
        return follows

    def _plan_following(self, person: int, dice: Random) -> list[int]:
        """The follows of one user, most of them soon after joining, and only of users who have joined by
        then."""
        random, start = dice.random, self.join(person)
        number = int(min(FOLLOWS / (random() + 0.05), (self._recipe.users - 1) / 3))
        chosen: dict[int, int] = {}
        for known in dice.choices(self.famous, cum_weights=self.fame, k=number * 2):
            if len(chosen) == number:
                break
            share = start + (1 - start) * random() * random()
            # Map users who have not joined yet to ones who have.
            followed = known % self.joined(share)
            if followed != person and followed not in chosen:
                chosen[followed] = pack(share, person, followed)
        return list(chosen.values())


def make_names(count: int, dice: Random) -> list[str]:
    """`count` user names, unique regardless of case, none of them reserved."""
    names, seen = [], dict[str, int]()
    for _ in range(count):
        name = dice.choice(GIVEN) + dice.choice(("", "_", "_")) + dice.choice(FAMILY)
        if dice.random() < 0.6:
            name = name.lower()
        times = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        names.append(name if times == 1 else f"{name}{times}")
    return names


def _harmonic(count: int, softness: int) -> "array[float]":
    """Cumulative weights that decrease with rank (Zipf's law); a greater `softness` makes them more equal."""
    return array("d", accumulate(1 / (rank + softness) for rank in range(count)))
