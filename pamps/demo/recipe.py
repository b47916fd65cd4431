"""The parameters of a demo. The same recipe produces exactly the same world."""

from dataclasses import dataclass
from datetime import date
from random import Random


@dataclass(frozen=True)
class Recipe:
    """The numbers of users and posts, the random seed, and the day at whose start the story ends."""

    users: int
    posts: int
    seed: int
    until: date
    longest_text: int = 500

    @property
    def domain(self) -> str:
        """The domain of all e-mail addresses, which identifies this demo.

        Mail to it reaches nobody: RFC 2606 reserves `.example`.
        """
        return f"{self.users}-{self.posts}-{self.seed}.demo.example"

    def dice(self, aspect: str) -> Random:
        """A random generator for one aspect of the world, independent of all others."""
        return Random(f"{self.seed}/{aspect}")
