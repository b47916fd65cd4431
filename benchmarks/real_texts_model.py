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
    mutes: dict[Person, int] = field(default_factory=dict)
    blocks: dict[Person, int] = field(default_factory=dict)


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
        """Whether what a person writes is shown to the viewer."""
        if viewer is None:
            return True
        blocked = (viewer, person) in self.blocks or (person, viewer) in self.blocks
        return not blocked and (even_muted or (viewer, person) not in self.mutes)

    def post(self, post: Post, viewer: Person | None = None) -> Row:
        """A post, or the place that is left of it; for a viewer also whether they like it."""
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
        """A person with counts; for a viewer also how the two are connected."""
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
        """All people, oldest first."""
        return self._people(self.people, viewer)

    def muted(self, viewer: Person) -> list[Row]:
        """Whom somebody muted, latest first."""
        return self._hidden(self.mutes, viewer)

    def blocked(self, viewer: Person) -> list[Row]:
        """Whom somebody blocked, latest first."""
        return self._hidden(self.blocks, viewer)

    def _hidden(self, pairs: dict[tuple[Person, Person], int], viewer: Person) -> list[Row]:
        latest = sorted(pairs, key=pairs.__getitem__, reverse=True)
        return [self.person(hidden, viewer) for user, hidden in latest if user is viewer]

    def feed(self, viewer: Person | None = None) -> list[Row]:
        """Top-level posts of everybody, newest first."""
        return self._posts((post for post in reversed(self.living) if post.parent is None), viewer)

    def archive(self, author: Person, viewer: Person | None = None, *, include_replies: bool) -> list[Row]:
        """What somebody wrote, oldest first."""
        theirs = (post for post in self.living if post.author is author)
        wanted = (post for post in theirs if post.parent is None or include_replies)
        return self._posts(wanted, viewer, even_muted=True)

    def timeline(self, viewer: Person, *, include_replies: bool, include_own: bool) -> list[Row]:
        """What the people wrote whom somebody follows, newest first, and whether they like it."""
        authors = {follow.followed for follow in self.follows if follow.follower is viewer}
        if include_own:
            authors.add(viewer)
        theirs = (post for post in reversed(self.living) if post.author in authors)
        return self._posts((post for post in theirs if post.parent is None or include_replies), viewer)

    def replies(self, parent: Post, viewer: Person | None = None) -> list[Row]:
        """The direct replies of a post, oldest first, with the places of deleted ones."""
        return self._posts((post for post in self.there if post.parent is parent), viewer)

    def likers(self, post: Post, viewer: Person | None = None) -> list[Row]:
        """Who likes a post, latest first."""
        return self._people((like.person for like in reversed(self.likes) if like.post is post), viewer)

    def liked(self, person: Person, viewer: Person | None = None) -> list[Row]:
        """What somebody likes, latest like first."""
        return self._posts((like.post for like in reversed(self.likes) if like.person is person), viewer)

    def followers(self, person: Person, viewer: Person | None = None) -> list[Row]:
        """Who follows somebody, latest first."""
        return self._people((f.follower for f in reversed(self.follows) if f.followed is person), viewer)

    def following(self, person: Person, viewer: Person | None = None) -> list[Row]:
        """Whom somebody follows, latest first."""
        return self._people((f.followed for f in reversed(self.follows) if f.follower is person), viewer)


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
