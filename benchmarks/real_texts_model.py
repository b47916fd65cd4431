"""What Pamps should answer, worked out once more from what people did.

Slow and plain on purpose: lists in memory, looked through from end to end. Nothing here knows Pamps or SQL.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody with an account and a token that proves it."""

    id: int
    name: str
    token: str


@dataclass(eq=False)
class Post:
    """A post, or with `parent` a reply."""

    id: int
    author: Person
    text: str
    parent: "Post | None"
    deleted: bool = False  # from the moment when its author asks for it


@dataclass
class Diary:
    """What one person did, as the answers confirmed it."""

    person: Person
    posts: list[Post] = field(default_factory=list)
    likes: dict[Post, int] = field(default_factory=dict)  # and the ids of the likes
    follows: dict[Person, int] = field(default_factory=dict)  # and the ids of the follows


class Like(NamedTuple):
    """A person likes a post."""

    id: int
    person: Person
    post: Post


class Follow(NamedTuple):
    """A person follows another."""

    id: int
    follower: Person
    followed: Person


class Expected:
    """Every list that the API offers, as rows with the fields that can be foretold (so without times)."""

    def __init__(self, diaries: Iterable[Diary]) -> None:
        diaries = list(diaries)
        self.people = by_id(diary.person for diary in diaries)
        self.written = by_id(post for diary in diaries for post in diary.posts)
        self.living = [post for post in self.written if not post.deleted]
        self.deleted = [post for post in self.written if post.deleted]
        self.there = with_places(self.written)
        self.likes = by_id(
            Like(number, diary.person, post)
            for diary in diaries
            for post, number in diary.likes.items()
            if not post.deleted  # its likes went with it
        )
        self.follows = by_id(
            Follow(number, diary.person, followed)
            for diary in diaries
            for followed, number in diary.follows.items()
        )
        self._count()

    def _count(self) -> None:
        self.likes_of = Counter(like.post for like in self.likes)
        self.replies_to = Counter(post.parent for post in self.living if post.parent)
        self.posts_of = Counter(post.author for post in self.living)
        self.followers_of = Counter(follow.followed for follow in self.follows)
        self.following_of = Counter(follow.follower for follow in self.follows)

    def post(self, post: Post) -> Row:
        """A post, or the place that is left of it."""
        return {
            "id": post.id,
            "text": "" if post.deleted else post.text,
            "user_id": post.author.id,
            "parent_id": post.parent.id if post.parent else None,
            "edited_at": None,
            "deleted": post.deleted,
            "likes": self.likes_of[post],
            "replies_count": self.replies_to[post],
            "user": {"id": post.author.id, "username": post.author.name, "avatar": None},
        }

    def person(self, person: Person) -> Row:
        """A person with counts."""
        return {
            "id": person.id,
            "username": person.name,
            "avatar": None,
            "bio": None,
            "followers": self.followers_of[person],
            "following": self.following_of[person],
            "posts": self.posts_of[person],
        }

    def everybody(self) -> list[Row]:
        """All people, oldest first."""
        return [self.person(person) for person in self.people]

    def everybody_for(self, viewer: Person) -> list[Row]:
        """All people, oldest first, and how each is connected with the viewer."""
        pairs = {(follow.follower, follow.followed) for follow in self.follows}
        return [
            self.person(person)
            | {"followed": (viewer, person) in pairs, "follows_you": (person, viewer) in pairs}
            for person in self.people
        ]

    def feed(self) -> list[Row]:
        """Top-level posts of everybody, newest first."""
        return [self.post(post) for post in reversed(self.living) if post.parent is None]

    def archive(self, author: Person, *, include_replies: bool) -> list[Row]:
        """What somebody wrote, oldest first."""
        return [
            self.post(post)
            for post in self.living
            if post.author is author and (post.parent is None or include_replies)
        ]

    def timeline(self, viewer: Person, *, include_replies: bool, include_own: bool) -> list[Row]:
        """What the people wrote whom somebody follows, newest first, and whether they like it."""
        authors = {follow.followed for follow in self.follows if follow.follower is viewer}
        if include_own:
            authors.add(viewer)
        liked = {like.post for like in self.likes if like.person is viewer}
        return [
            self.post(post) | {"liked": post in liked}
            for post in reversed(self.living)
            if post.author in authors and (post.parent is None or include_replies)
        ]

    def replies(self, parent: Post) -> list[Row]:
        """The direct replies of a post, oldest first, with the places of deleted ones."""
        return [self.post(post) for post in self.there if post.parent is parent]

    def likers(self, post: Post) -> list[Row]:
        """Who likes a post, latest first."""
        return [self.person(like.person) for like in reversed(self.likes) if like.post is post]

    def liked(self, person: Person) -> list[Row]:
        """What somebody likes, latest like first."""
        return [self.post(like.post) for like in reversed(self.likes) if like.person is person]

    def followers(self, person: Person) -> list[Row]:
        """Who follows somebody, latest first."""
        return [self.person(f.follower) for f in reversed(self.follows) if f.followed is person]

    def following(self, person: Person) -> list[Row]:
        """Whom somebody follows, latest first."""
        return [self.person(f.followed) for f in reversed(self.follows) if f.follower is person]


Numbered = TypeVar("Numbered", Person, Post, Like, Follow)


def by_id(rows: Iterable[Numbered]) -> list[Numbered]:
    """Oldest first: ids tell the order in which the server took things."""
    return sorted(rows, key=lambda row: row.id)


def with_places(written: list[Post]) -> list[Post]:
    """The posts that can still be seen, of all that were written, oldest first.

    Those are the ones not deleted, and the deleted ones to which a post that can still be seen replies.
    """
    there: list[Post] = []
    replied_to: set[Post | None] = set()
    for post in reversed(written):  # a reply is younger than what it replies to
        if not post.deleted or post in replied_to:
            there.append(post)
            replied_to.add(post.parent)
    return there[::-1]
