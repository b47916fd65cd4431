"""The posts of a demo as a whole: who wrote them, what they reply to, which are gone, how many like them."""

from array import array
from collections.abc import Callable, Iterable, Iterator

from pamps.demo.people import People
from pamps.demo.recipe import Recipe
from pamps.demo.rhythm import pack

REPLIES = 0.4  # of all posts
TALKS = 16  # at any time that many people take part in
DELETED = 60  # one of so many that have replies
TOP_LEVEL = -1


class Threads:
    """Every post by number, from 0 on, in order of time: some 20 bytes for each of them."""

    def __init__(self, recipe: Recipe, people: People) -> None:
        self._recipe, self._people = recipe, people
        self.authors = self._choose_authors()
        self.parents = self._choose_parents()
        self.deleted = self._choose_deleted()
        self.replies = self._count_replies()
        self.likes = self._choose_likes()

    def share(self, post: int) -> float:
        """The share of the story that has passed before a post. Some of it is left after the last one."""
        return post / (self._recipe.posts + 1)

    def count_by_author(self) -> "array[int]":
        """How many posts, without deleted ones, each person has written."""
        counts = array("i", [0]) * self._recipe.users
        for author, deleted in zip(self.authors, self.deleted, strict=True):
            counts[author] += not deleted
        return counts

    def plan_likes(self) -> list[int]:
        """Every like: `pack`ed moment, person and post, in order of time. Each pair once, nobody's own."""
        random = self._recipe.dice("likers").random
        likes: list[int] = []
        for post, number in enumerate(self.likes):
            if number:
                start = self.share(post + 1)
                likes += [
                    # To the power of 8: most likes come soon, a few much later.
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
        # Instead of somebody who is not there yet, somebody who is.
        return array("i", (author % people.joined(self.share(n)) for n, author in enumerate(authors)))

    def _choose_parents(self) -> "array[int]":
        """What each post replies to: TOP_LEVEL, something recent, or where one of the talks has come to."""
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
            if talk % 2:  # these go deep, the others go wide
                talks[talk] = post
        return parents

    def _choose_deleted(self) -> bytearray:
        """Only what has replies leaves a place when it is deleted, so nothing else is chosen."""
        random = self._recipe.dice("deleted").random
        deleted = bytearray(self._recipe.posts)
        replied = sorted(set(self.parents) - {TOP_LEVEL})
        for first in range(0, len(replied), DELETED):
            some = replied[first : first + DELETED]
            deleted[some[int(len(some) * random())]] = True
        return deleted

    def _count_replies(self) -> "array[int]":
        """How many replies, without deleted ones, each post has."""
        counts = array("i", [0]) * self._recipe.posts
        for parent, deleted in zip(self.parents, self.deleted, strict=True):
            if parent != TOP_LEVEL and not deleted:
                counts[parent] += 1
        return counts

    def _choose_likes(self) -> "array[int]":
        """How many people like each post: most posts none, a few a great many; about as many as posts."""
        random = self._recipe.dice("likes").random
        attention = array("d", (weight / (random() + 0.0005) for weight in self._weigh_posts()))
        scale = self._recipe.posts / (sum(attention) or 1)
        likes = array("i", (int(weight * scale + random()) for weight in attention))
        for post, number in enumerate(likes):
            # Half of those who could: then it is quick to find that many different ones.
            likes[post] = min(number, (self._people.joined(self.share(post)) - 1) // 2)
        return likes

    def _weigh_posts(self) -> Iterator[float]:
        """How much attention a post may get, which depends on the fame of its author."""
        fame = array("d", [0]) * self._recipe.users
        for rank, person in enumerate(self._people.famous):
            fame[person] = 1 + 60 / (rank + 3)
        return (
            0.0 if deleted else fame[author]
            for author, deleted in zip(self.authors, self.deleted, strict=True)
        )

    def _choose_likers(self, post: int, number: int, random: Callable[[], float]) -> Iterable[int]:
        """Different people who are there when the post appears, without its author."""
        there, author = self._people.joined(self.share(post)), self.authors[post]
        likers: dict[int, None] = {}  # unlike a set, in an order that every Python agrees on
        while len(likers) < number:
            liker = int(there * random())
            if liker != author:
                likers[liker] = None
        return likers
