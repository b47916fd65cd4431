"""The people of a demo: what they are called, when they joined, whom they follow, how well they are known."""

from array import array
from itertools import accumulate
from math import sqrt
from random import Random

from pamps.demo.recipe import Recipe
from pamps.demo.rhythm import pack
from pamps.demo.words import FAMILY, GIVEN

LAST_JOIN = 0.9  # of the story: then everybody is there
FOLLOWS = 10.0  # what sets how many people somebody follows: on average three times as many


class People:
    """Everybody by number, from 0 on, in the order in which they joined."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        dice = recipe.dice("people")
        self.names = make_names(recipe.users, dice)
        # The order of fame, and the order of zeal, which is similar: who is well known writes a lot.
        self.famous = list(range(recipe.users))
        dice.shuffle(self.famous)
        ranks = {person: (rank + 1) * (dice.random() + 0.1) for rank, person in enumerate(self.famous)}
        self.zealous = sorted(self.famous, key=ranks.__getitem__)
        self.fame = _harmonic(recipe.users, 3)
        self.zeal = _harmonic(recipe.users, 10)

    def joined(self, share: float) -> int:
        """How many people have joined by then; at least one."""
        return min(max(1, int(self._recipe.users * sqrt(share / LAST_JOIN))), self._recipe.users)

    def join(self, person: int) -> float:
        """The share of the story at which somebody joins."""
        part = person / self._recipe.users
        return LAST_JOIN * part * part

    def plan_follows(self) -> list[int]:
        """Every follow: `pack`ed moment, follower and followed, in order of time. Each pair once."""
        dice = self._recipe.dice("follows")
        follows: list[int] = []
        for person in range(self._recipe.users):
            follows += self._plan_following(person, dice)
        follows.sort()
        return follows

    def _plan_following(self, person: int, dice: Random) -> list[int]:
        """Whom one person follows, most of them soon after joining; all of them are there by then."""
        random, start = dice.random, self.join(person)
        number = int(min(FOLLOWS / (random() + 0.05), (self._recipe.users - 1) / 3))
        chosen: dict[int, int] = {}
        for known in dice.choices(self.famous, cum_weights=self.fame, k=number * 2):
            if len(chosen) == number:
                break
            share = start + (1 - start) * random() * random()
            # Instead of somebody who is not there yet, somebody who is.
            followed = known % self.joined(share)
            if followed != person and followed not in chosen:
                chosen[followed] = pack(share, person, followed)
        return list(chosen.values())


def make_names(count: int, dice: Random) -> list[str]:
    """That many user names, none of them twice in any case, none reserved."""
    names, seen = [], dict[str, int]()
    for _ in range(count):
        name = dice.choice(GIVEN) + dice.choice(("", "_", "_")) + dice.choice(FAMILY)
        if dice.random() < 0.6:
            name = name.lower()
        times = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        names.append(name if times == 1 else f"{name}{times}")
    return names


def _harmonic(count: int, softness: int) -> "array[float]":
    """Sums of weights that fall with the rank (Zipf's law); the greater `softness`, the less unequal."""
    return array("d", accumulate(1 / (rank + softness) for rank in range(count)))
