"""A model of Pamps: computes the expected responses from what the users did.

Deliberately slow and simple, with linear searches in lists. Nothing here uses Pamps or SQL.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Person:
    """A user with an access token."""

    id: int
    name: str
    token: str


@dataclass(eq=False)
class Post:
    """A post, or a reply if `parent` is set."""

    id: int
    author: Person
    text: str
    parent: "Post | None"
    deleted: bool = False  # set just before its author requests it


@dataclass
class Diary:
    """What one user did, as confirmed by the responses."""

    person: Person
    posts: list[Post] = field(default_factory=list)
    likes: dict[Post, int] = field(default_factory=dict)  # and the ids of the likes
    follows: dict[Person, int] = field(default_factory=dict)  # and the ids of the follows
    mutes: dict[Person, int] = field(default_factory=dict)
    blocks: dict[Person, int] = field(default_factory=dict)


class Like(NamedTuple):
    """A like of a post by a user."""

    id: int
    person: Person
    post: Post


class Follow(NamedTuple):
    """A follow of one user by another."""

    id: int
    follower: Person
    followed: Person


class Expected:
    """Every list of the API, as rows with the fields that are predictable, so without times."""

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
        self.mutes = {(diary.person, muted): n for diary in diaries for muted, n in diary.mutes.items()}
        self.blocks = {(diary.person, other): n for diary in diaries for other, n in diary.blocks.items()}
        self._count()

    def _count(self) -> None:
        self.likes_of = Counter(like.post for like in self.likes)
        self.replies_to = Counter(post.parent for post in self.living if post.parent)
        self.posts_of = Counter(post.author for post in self.living)
        self.followers_of = Counter(follow.followed for follow in self.follows)
        self.following_of = Counter(follow.follower for follow in self.follows)

    def sees(self, viewer: Person | None, person: Person, *, even_muted: bool = False) -> bool:
        """Whether posts by `person` are shown to the viewer."""
        if viewer is None:
            return True
        blocked = (viewer, person) in self.blocks or (person, viewer) in self.blocks
        return not blocked and (even_muted or (viewer, person) not in self.mutes)

    def post(self, post: Post, viewer: Person | None = None) -> Row:
        """A post or its tombstone; for a viewer, including whether they like it."""
        liked = any(like.post is post and like.person is viewer for like in self.likes)
        return self._post(post) | ({} if viewer is None else {"liked": liked})

    def _post(self, post: Post) -> Row:
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

    def person(self, person: Person, viewer: Person | None = None) -> Row:
        """A user with counts; for a viewer, including the relationship between the two."""
        if viewer is None:
            return self._person(person)
        pairs = {(follow.follower, follow.followed) for follow in self.follows}
        return self._person(person) | {
            "followed": (viewer, person) in pairs,
            "follows_you": (person, viewer) in pairs,
            "muted": (viewer, person) in self.mutes,
            "blocked": (viewer, person) in self.blocks,
        }

    def _person(self, person: Person) -> Row:
        return {
            "id": person.id,
            "username": person.name,
            "avatar": None,
            "bio": None,
            "followers": self.followers_of[person],
            "following": self.following_of[person],
            "posts": self.posts_of[person],
        }

    def _people(self, people: Iterable[Person], viewer: Person | None) -> list[Row]:
        return [self.person(one, viewer) for one in people if self.sees(viewer, one, even_muted=True)]

    def _posts(self, posts: Iterable[Post], viewer: Person | None, *, even_muted: bool = False) -> list[Row]:
        shown = (post for post in posts if self.sees(viewer, post.author, even_muted=even_muted))
        return [self.post(post, viewer) for post in shown]

    def everybody(self, viewer: Person | None = None) -> list[Row]:
        """All users, oldest first."""
        return self._people(self.people, viewer)

    def muted(self, viewer: Person) -> list[Row]:
        """The users muted by the viewer, latest first."""
        return self._hidden(self.mutes, viewer)

    def blocked(self, viewer: Person) -> list[Row]:
        """The users blocked by the viewer, latest first."""
        return self._hidden(self.blocks, viewer)

    def _hidden(self, pairs: dict[tuple[Person, Person], int], viewer: Person) -> list[Row]:
        latest = sorted(pairs, key=pairs.__getitem__, reverse=True)
        return [self.person(hidden, viewer) for user, hidden in latest if user is viewer]

    def feed(self, viewer: Person | None = None) -> list[Row]:
        """Top-level posts by all users, newest first."""
        return self._posts((post for post in reversed(self.living) if post.parent is None), viewer)

    def archive(self, author: Person, viewer: Person | None = None, *, include_replies: bool) -> list[Row]:
        """The posts by a user, oldest first."""
        theirs = (post for post in self.living if post.author is author)
        wanted = (post for post in theirs if post.parent is None or include_replies)
        return self._posts(wanted, viewer, even_muted=True)

    def timeline(self, viewer: Person, *, include_replies: bool, include_own: bool) -> list[Row]:
        """The home timeline of the viewer, newest first, including whether they like each post."""
        authors = {follow.followed for follow in self.follows if follow.follower is viewer}
        if include_own:
            authors.add(viewer)
        theirs = (post for post in reversed(self.living) if post.author in authors)
        return self._posts((post for post in theirs if post.parent is None or include_replies), viewer)

    def replies(self, parent: Post, viewer: Person | None = None) -> list[Row]:
        """The direct replies to a post, oldest first, including tombstones."""
        return self._posts((post for post in self.there if post.parent is parent), viewer)

    def likers(self, post: Post, viewer: Person | None = None) -> list[Row]:
        """The users who like a post, latest first."""
        return self._people((like.person for like in reversed(self.likes) if like.post is post), viewer)

    def liked(self, person: Person, viewer: Person | None = None) -> list[Row]:
        """The posts that a user likes, latest like first."""
        return self._posts((like.post for like in reversed(self.likes) if like.person is person), viewer)

    def followers(self, person: Person, viewer: Person | None = None) -> list[Row]:
        """The followers of a user, latest first."""
        return self._people((f.follower for f in reversed(self.follows) if f.followed is person), viewer)

    def following(self, person: Person, viewer: Person | None = None) -> list[Row]:
        """The users whom a user follows, latest first."""
        return self._people((f.followed for f in reversed(self.follows) if f.follower is person), viewer)


Numbered = TypeVar("Numbered", Person, Post, Like, Follow)


def by_id(rows: Iterable[Numbered]) -> list[Numbered]:
    """Sort by id, which is the order in which the server accepted things, oldest first."""
    return sorted(rows, key=lambda row: row.id)


def with_places(written: list[Post]) -> list[Post]:
    """The posts that are still visible, of all that were written, oldest first.

    These are the ones not deleted, and the tombstones: deleted posts with a visible reply.
    """
    there: list[Post] = []
    replied_to: set[Post | None] = set()
    for post in reversed(written):  # a reply is newer than its parent
        if not post.deleted or post in replied_to:
            there.append(post)
            replied_to.add(post.parent)
    return there[::-1]
