"""The structure of a demo's posts: authors, parents, deletions, and numbers of likes."""

from array import array
from collections.abc import Callable, Iterable, Iterator

from pamps.demo.people import People
from pamps.demo.recipe import Recipe
from pamps.demo.rhythm import pack

REPLIES = 0.4  # share of all posts
TALKS = 16  # popular conversations at any time
DELETED = 60  # one in this many posts with replies
TOP_LEVEL = -1


class Threads:
    """All posts by number, from 0, in order of time; about 20 bytes each."""

    def __init__(self, recipe: Recipe, people: People) -> None:
        self._recipe, self._people = recipe, people
        self.authors = self._choose_authors()
        self.parents = self._choose_parents()
        self.deleted = self._choose_deleted()
        self.replies = self._count_replies()
        self.likes = self._choose_likes()

    def share(self, post: int) -> float:
        """The share of the story that precedes a post. Some is left after the last one."""
        return post / (self._recipe.posts + 1)

    def count_by_author(self) -> "array[int]":
        """The number of posts by each user, without deleted ones."""
        counts = array("i", [0]) * self._recipe.users
        for author, deleted in zip(self.authors, self.deleted, strict=True):
            counts[author] += not deleted
        return counts

    def plan_likes(self) -> list[int]:
        """All likes as `pack`ed moment, user and post, in order of time. Pairs are unique, none is of one's
        own post."""
        random = self._recipe.dice("likers").random
        likes: list[int] = []
        for post, number in enumerate(self.likes):
            if number:
                start = self.share(post + 1)
                likes += [
                    # To the power of 8: most likes come early, a few much later.
                    pack(start + (1 - start) * random() ** 8, person, post)
                    for person in self._choose_likers(post, number, random)
                ]
        likes.sort()
        return likes

    def _choose_authors(self) -> "array[int]":
        people = self._people
        authors = self._recipe.dice("authors").choices(
            people.zealous, cum_weights=people.zeal, k=self._recipe.posts
        )
        # Map users who have not joined yet to ones who have.
        return array("i", (author % people.joined(self.share(n)) for n, author in enumerate(authors)))

    def _choose_parents(self) -> "array[int]":
        """The parent of each post: TOP_LEVEL, a recent post, or the latest post of a popular conversation."""
        random = self._recipe.dice("parents").random
        parents = array("i", [TOP_LEVEL]) * self._recipe.posts
        talks = [TOP_LEVEL] * TALKS
        for post in range(1, self._recipe.posts):
            if random() >= REPLIES:
                continue
            recent = max(0, post - int(3 / (random() + 0.002)))
            if random() < 0.7:
                parents[post] = recent
                continue
            talk = int(TALKS * random() * random())
            if talks[talk] == TOP_LEVEL or random() < 0.02:
                talks[talk] = recent
            parents[post] = talks[talk]
            if talk % 2:  # these grow deep, the others wide
                talks[talk] = post
        return parents

    def _choose_deleted(self) -> bytearray:
        """Choose tombstones, only among posts with replies: others leave none when deleted."""
        random = self._recipe.dice("deleted").random
        deleted = bytearray(self._recipe.posts)
        replied = sorted(set(self.parents) - {TOP_LEVEL})
        for first in range(0, len(replied), DELETED):
            some = replied[first : first + DELETED]
            deleted[some[int(len(some) * random())]] = True
        return deleted

    def _count_replies(self) -> "array[int]":
        """The number of replies to each post, without deleted ones."""
        counts = array("i", [0]) * self._recipe.posts
        for parent, deleted in zip(self.parents, self.deleted, strict=True):
            if parent != TOP_LEVEL and not deleted:
                counts[parent] += 1
        return counts

    def _choose_likes(self) -> "array[int]":
        """The number of likes of each post: none for most, very many for a few; about as many as posts in
        total."""
        random = self._recipe.dice("likes").random
        attention = array("d", (weight / (random() + 0.0005) for weight in self._weigh_posts()))
        scale = self._recipe.posts / (sum(attention) or 1)
        likes = array("i", (int(weight * scale + random()) for weight in attention))
        for post, number in enumerate(likes):
            # At most half of the possible users, so that distinct ones are found quickly.
            likes[post] = min(number, (self._people.joined(self.share(post)) - 1) // 2)
        return likes

    def _weigh_posts(self) -> Iterator[float]:
        """The relative attention each post gets, which depends on its author's fame."""
        fame = array("d", [0]) * self._recipe.users
        for rank, person in enumerate(self._people.famous):
            fame[person] = 1 + 60 / (rank + 3)
        return (
            0.0 if deleted else fame[author]
            for author, deleted in zip(self.authors, self.deleted, strict=True)
        )

    def _choose_likers(self, post: int, number: int, random: Callable[[], float]) -> Iterable[int]:
        """Distinct users who have joined before the post, without its author."""
        there, author = self._people.joined(self.share(post)), self.authors[post]
        likers: dict[int, None] = {}  # unlike a set, it has a deterministic order
        while len(likers) < number:
            liker = int(there * random())
            if liker != author:
                likers[liker] = None
        return likers
