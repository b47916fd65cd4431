"""What a demo is made from. The same recipe gives the same world, to the letter."""

from dataclasses import dataclass
from datetime import date
from random import Random


@dataclass(frozen=True)
class Recipe:
    """How many people and posts, the seed of every choice, and the day at whose start the story ends."""

    users: int
    posts: int
    seed: int
    until: date
    longest_text: int = 500

    @property
    def domain(self) -> str:
        """The domain of everybody's e-mail address, by which this demo is known again.

        Nobody receives what is sent there: RFC 2606 keeps `.example` for examples.
        """
        return f"{self.users}-{self.posts}-{self.seed}.demo.example"

    def dice(self, aspect: str) -> Random:
        """Dice for one aspect of the world: using them for one does not change the others."""
        return Random(f"{self.seed}/{aspect}")
