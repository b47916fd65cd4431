"""The world of a demo: the content of every row, as a pure function of its recipe. No database.

Notifications are not included.

Counters are computed before the rows, so that each row is written once. This costs about 100 bytes of memory
per post; texts are generated one by one.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pamps.demo.people import People
from pamps.demo.recipe import Recipe
from pamps.demo.rhythm import Rhythm, unpack
from pamps.demo.texts import Writer
from pamps.demo.threads import TOP_LEVEL, Threads
from pamps.demo.words import BIOS
from pamps.models.search_index import search_index
from pamps.services.search_index import Text, index_row
from pamps.text.entities import find_tags
from pamps.text.tokenizer import fold

EDITED = 0.03  # share of all posts
ORPHANED = 0.25  # share of deleted posts whose author is deleted, too
ADDRESSED = 0.3  # share of replies that start with a mention

USER_COLUMNS = (
    *("id", "username", "email", "password", "bio", "created_at"),
    *("followers", "following", "posts"),
)
FOLLOW_COLUMNS = ("id", "follower_id", "followed_id", "date")
POST_COLUMNS = (
    *("id", "user_id", "parent_id", "text", "date", "edited_at"),
    *("deleted", "likes", "replies_count"),
)
LIKE_COLUMNS = ("id", "user_id", "post_id", "date")
TAG_COLUMNS = ("id", "name", "folded", "uses")
POST_TAG_COLUMNS = ("post_id", "tag_id", "user_id")

Row = tuple[int | str | None, ...]


@dataclass(frozen=True)
class Stage:
    """The rows of one table, with ascending ids and times; `name` is for display."""

    name: str
    table: str
    columns: tuple[str, ...]
    total: int
    rows: Iterator[Row]


class World:
    """Users, follows, posts and likes, numbered from 0 (the id of a row is its number plus one), tags and the
    search index."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._rhythm = Rhythm(recipe)
        self._people = People(recipe)
        self._threads = Threads(recipe, self._people)
        self._follows = self._people.plan_follows()
        self._tags: dict[str, array[int]] = {}  # the posts with each tag

    def stages(self, password: str) -> Iterator[Stage]:
        """All tables, each after those it references. `password` is the hash shared by all users."""
        users, posts, likes = self._recipe.users, self._recipe.posts, sum(self._threads.likes)
        yield Stage("users", "user", USER_COLUMNS, users, self._make_users(password))
        yield Stage("follows", "social", FOLLOW_COLUMNS, len(self._follows), self._make_follows())
        yield Stage("posts", "post", POST_COLUMNS, posts, self._make_posts())
        yield Stage("likes", "like", LIKE_COLUMNS, likes, self._make_likes())
        living = posts - sum(self._threads.deleted)
        index_columns = (search_index().c.post_id.name, "words", "user_id")
        yield Stage("words", "search_index", index_columns, living, self._make_index())
        # Known only after the index is complete.
        yield Stage("tags", "tag", TAG_COLUMNS, len(self._tags), self._make_tags())
        uses = sum(map(len, self._tags.values()))
        yield Stage("tagged", "post_tag", POST_TAG_COLUMNS, uses, self._make_post_tags())

    def _make_users(self, password: str) -> Iterator[Row]:
        people, dice = self._people, self._recipe.dice("bios")
        followers, following = count_pairs(self._follows, self._recipe.users)
        posts = self._threads.count_by_author()
        for person, name in enumerate(people.names):
            joined = self._rhythm.moment(people.join(person))
            email = f"{name.lower()}@{self._recipe.domain}"
            counts = followers[person], following[person], posts[person]
            yield person + 1, name, email, password, dice.choice(BIOS), joined, *counts

    def _make_follows(self) -> Iterator[Row]:
        return self._make_pairs(self._follows)

    def _make_likes(self) -> Iterator[Row]:
        yield from self._make_pairs(self._threads.plan_likes())  # planned lazily, to save memory

    def _make_pairs(self, pairs: list[int]) -> Iterator[Row]:
        moment = self._rhythm.moment
        for number, pair in enumerate(pairs, 1):
            share, left, right = unpack(pair)
            yield number, left + 1, right + 1, moment(share)

    def _make_posts(self) -> Iterator[Row]:
        threads, rhythm = self._threads, self._rhythm
        dice = self._recipe.dice("posts")
        random, writer = dice.random, Writer(dice, self._recipe.longest_text)
        for post, author in enumerate(threads.authors):
            start, end = threads.share(post), threads.share(post + 1)
            share = start + (end - start) * random()
            parent = threads.parents[post] + 1 or None
            counts = threads.likes[post], threads.replies[post]
            if threads.deleted[post]:
                owner = None if random() < ORPHANED else author + 1
                yield post + 1, owner, parent, "", rhythm.moment(share), None, 1, *counts
                continue
            text = writer.write(author, self._find_addressed(post, random))
            edited = rhythm.moment(share + (1 - share) * random() * 0.001) if random() < EDITED else None
            yield post + 1, author + 1, parent, text, rhythm.moment(share), edited, 0, *counts

    def _make_index(self) -> Iterator[Row]:
        """The index entries that the services would have written; generates the texts a second time."""
        for post, text in self._make_texts():
            tags = find_tags(text)
            for tag in tags:
                self._tags.setdefault(tag, array("i")).append(post)
            author, is_reply = self._threads.authors[post] + 1, self._threads.parents[post] != TOP_LEVEL
            row = index_row(Text(post + 1, author, text, is_reply), tags)
            yield row["post"], row["words"], row["author"]

    def _make_texts(self) -> Iterator[tuple[int, str]]:
        for post, row in enumerate(self._make_posts()):
            if not self._threads.deleted[post]:
                yield post, str(row[POST_COLUMNS.index("text")])

    def _make_tags(self) -> Iterator[Row]:
        for number, (tag, posts) in enumerate(self._tags.items(), 1):
            yield number, tag, fold(tag), len(posts)

    def _make_post_tags(self) -> Iterator[Row]:
        authors = self._threads.authors
        for number, posts in enumerate(self._tags.values(), 1):
            yield from ((post + 1, number, authors[post] + 1) for post in posts)

    def _find_addressed(self, post: int, random: Callable[[], float]) -> str | None:
        """The user a text mentions: often the parent's author in replies, now and then a popular user
        elsewhere."""
        threads, people = self._threads, self._people
        parent = threads.parents[post]
        if parent != TOP_LEVEL:
            return people.names[threads.authors[parent]] if random() < ADDRESSED else None
        if random() < 0.95:
            return None
        rank = int(self._recipe.users * random() ** 4)
        return people.names[people.famous[rank] % people.joined(threads.share(post))]


def count_pairs(pairs: list[int], numbers: int) -> "tuple[array[int], array[int]]":
    """How often each number occurs on the right of a pair, and how often on the left."""
    lefts, rights = array("i", [0]) * numbers, array("i", [0]) * numbers
    for pair in pairs:
        _, left, right = unpack(pair)
        lefts[left] += 1
        rights[right] += 1
    return rights, lefts
