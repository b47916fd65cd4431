"""What reading gives: rows with names. Each field is declared once, with where it comes from.

A new field of a post is one line of `PostRow`, and one of `PostResponse` to show it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

from sqlalchemy import literal_column, null
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlmodel import SQLModel, col

from pamps.db.prepared import Row
from pamps.models.block import Block, BlockKind
from pamps.models.follow import Follow
from pamps.models.like import Like
from pamps.models.notification import NotificationType
from pamps.models.post import Post
from pamps.models.user import User
from pamps.queries.clauses import VIEWER, Column, is_there

KEPT: Any = object()


@dataclass(frozen=True)
class PostField:
    """Where a field of a post comes from.

    `column` is of a statement that joins the post with its author, given whether somebody is signed in.
    `hidden` is what a thread shows of a post by somebody who is blocked or muted, KEPT for the value itself.
    """

    column: Callable[[bool], Any]
    hidden: Any


def _own(column: Column, hidden: Any) -> PostField:
    return PostField(lambda _: column, hidden)


def _author(column: Column) -> PostField:
    return PostField(lambda _: column, hidden=None)


def _is_liked(signed_in: bool) -> Any:
    if not signed_in:
        return null()
    own = aliased(Like)  # aliased, because one list joins the like table itself
    return is_there(col(own.user_id) == VIEWER, col(own.post_id) == Post.id)


class PostRow(NamedTuple):
    """A post as a viewer sees it. It is hashable, and equal rows look the same."""

    id: Annotated[int, _own(Post.id, KEPT)]
    text: Annotated[str, _own(Post.text, "")]
    date: Annotated[datetime, _own(Post.date, KEPT)]
    user_id: Annotated[int | None, _own(Post.user_id, None)]
    parent_id: Annotated[int | None, _own(Post.parent_id, KEPT)]
    edited_at: Annotated[datetime | None, _own(Post.edited_at, None)]
    deleted: Annotated[bool, _own(Post.deleted, KEPT)]
    likes: Annotated[int, _own(Post.likes, 0)]
    replies_count: Annotated[int, _own(Post.replies_count, KEPT)]
    author_name: Annotated[str | None, _author(User.username)]
    author_avatar: Annotated[str | None, _author(User.avatar)]
    # None if nobody is signed in.
    liked: Annotated[bool | None, PostField(_is_liked, hidden=False)]


# What decides how much of a person is shown: whether nobody, somebody, a superuser or the person looks.
Role = Literal["anonymous", "user", "superuser", "owner"]


@dataclass(frozen=True)
class UserField:
    """The column of a field of a person, given the role of who looks; None if that role does not see it."""

    column: Callable[[Role], Any]


def _public(column: Column) -> UserField:
    return UserField(lambda _: column)


def _between(column: Callable[[], Any]) -> UserField:
    """How viewer and person are connected."""
    return UserField(lambda role: column() if role in ("user", "superuser") else None)


def _is_followed() -> Any:
    outgoing = aliased(Follow)  # an alias each: some lists join the table of follows themselves
    return is_there(col(outgoing.follower_id) == VIEWER, col(outgoing.followed_id) == User.id)


def _follows_viewer() -> Any:
    incoming = aliased(Follow)
    return is_there(col(incoming.follower_id) == User.id, col(incoming.followed_id) == VIEWER)


def has_viewer_hidden(kind: BlockKind) -> Any:
    """Whether VIEWER has a block or mute of this kind for the person."""
    own = aliased(Block)
    pair = (col(own.user_id) == VIEWER, col(own.hidden_id) == User.id)
    # This form cannot use an index on the kind, through which PostgreSQL would scan all rows of that kind.
    return is_there(*pair, col(own.kind).is_not_distinct_from(literal_column(f"'{kind}'")))


_EMAIL = UserField(lambda role: User.email if role in ("superuser", "owner") else None)


class UserRow(NamedTuple):
    """A person as a viewer sees them; None for what the viewer does not see."""

    id: Annotated[int, _public(User.id)]
    username: Annotated[str, _public(User.username)]
    avatar: Annotated[str | None, _public(User.avatar)]
    bio: Annotated[str | None, _public(User.bio)]
    created_at: Annotated[datetime, _public(User.created_at)]
    followers: Annotated[int, _public(User.followers)]
    following: Annotated[int, _public(User.following)]
    posts: Annotated[int, _public(User.posts)]
    followed: Annotated[bool | None, _between(_is_followed)]
    follows_you: Annotated[bool | None, _between(_follows_viewer)]
    muted: Annotated[bool | None, _between(lambda: has_viewer_hidden(BlockKind.MUTE))]
    blocked: Annotated[bool | None, _between(lambda: has_viewer_hidden(BlockKind.BLOCK))]
    email: Annotated[str | None, _EMAIL]
    # Only of one's own account: see pamps.queries.account.
    unread_notifications: int | None = None


class NotificationRow(NamedTuple):
    """What an actor did, and the post that it is about, if it is about one. The actor is None for what nobody
    in particular did."""

    id: int
    type: NotificationType
    date: datetime
    read: bool
    actor_id: int | None
    actor_name: str | None
    actor_avatar: str | None
    post: PostRow | None


@cache
def post_fields() -> dict[str, PostField]:
    """The declaration of each field of `PostRow`, in order."""
    hints = get_type_hints(PostRow, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in PostRow._fields}


def post_columns(*, signed_in: bool) -> list[Column]:
    """The columns of a `PostRow`, of a statement that has the post and joins its author."""
    return [_named(name, field.column(signed_in)) for name, field in post_fields().items()]


def own_columns() -> list[Column]:
    """The columns of a `PostRow` that are in the table of posts."""
    return list(_columns_of(Post).values())


def author_columns() -> list[Column]:
    """The columns of a `PostRow` that are in the table of users."""
    return list(_columns_of(User).values())


def new_post(own: Row, author: Row) -> PostRow:
    """The row of a post that was just written, out of these two kinds of columns. A viewer's flags, such as
    `liked`, are as on a hidden post: false."""
    known = dict(zip((*_columns_of(Post), *_columns_of(User)), (*own, *author), strict=True))
    flags = {name: field.hidden for name, field in post_fields().items() if name not in known}
    return PostRow(**known, **flags)


@cache
def _columns_of(table: type[SQLModel]) -> dict[str, Column]:
    columns = {name: field.column(True) for name, field in post_fields().items()}
    return {name: column for name, column in columns.items() if getattr(column, "class_", None) is table}


def hidden_post(row: PostRow) -> PostRow:
    """What is shown of a post by somebody who is blocked or muted: that it is there, and nothing of it."""
    blank = {name: field.hidden for name, field in post_fields().items() if field.hidden is not KEPT}
    return row._replace(**blank)


def user_columns(role: Role) -> list[Column]:
    """The columns of a `UserRow` except the last, of a statement that has the person."""
    hints = get_type_hints(UserRow, include_extras=True)
    names = [name for name in UserRow._fields if name not in UserRow._field_defaults]
    columns = [(name, hints[name].__metadata__[0].column(role)) for name in names]
    return [_named(name, null() if column is None else column) for name, column in columns]


def _named(name: str, column: Column) -> Any:
    # The columns of a table have a name already, which SQLAlchemy makes unique in a statement.
    return column if isinstance(column, InstrumentedAttribute) else column.label(name)
