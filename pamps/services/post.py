"""Writing, editing and deleting posts."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, exists, select, update
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.db.prepared import insert_into, prepared_statement, run
from pamps.errors import Forbidden, NotFound, RefusedToken
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.like import Like
from pamps.models.notification import NotificationType
from pamps.models.post import IS_LISTED, Post, PostPatch, PostRequest
from pamps.models.types import BigId, utc_now
from pamps.models.user import Person, User
from pamps.queries.clauses import USER
from pamps.queries.post import PostNotFound, get_author, get_post, get_post_row
from pamps.queries.rows import PostRow, author_columns, new_post, own_columns
from pamps.services.audit import record
from pamps.services.locking import change, lock, lock_accounts
from pamps.services.notification import delete_for_posts, delete_for_user, notify, withdraw
from pamps.services.rate_limit import RateLimitHit, count
from pamps.services.search_index import Text, index_post, reindex_posts, unindex_posts
from pamps.services.tag import untag_author
from pamps.text.entities import find_mentions

BATCH = 1000  # ids per statement; SQLite allows at most 32,766 values


class ParentNotFound(NotFound):
    code = "parent_not_found"
    detail = "The post to reply to was not found."


class NotAuthor(Forbidden):
    code = "not_author"
    detail = "Only the author can do this."


def create_post(session: Session, author: Person, request: PostRequest) -> PostRow:
    """Create a post or a reply; raises ParentNotFound or TooManyRequests."""
    count(session, RateLimitHit("posting", str(author.id), "posts and replies"))
    replied_to = _get_parent_author(session, author, request.parent_id)
    mentioned = _find_mentioned(session, request.text)
    if replied_to or mentioned:
        mentioned &= lock_accounts(session, author, *replied_to, *mentioned)
    # Updates the counter, and thereby locks the account like `lock_accounts`.
    author_rows = run(session, _count_post(), user=author.id)
    if not author_rows:
        raise RefusedToken
    if request.parent_id is not None:
        _count_reply(session, request.parent_id)
    values = {"wrote": request.text, "now": utc_now(), "user": author.id, "parent": request.parent_id}
    (own,) = run(session, _insert(), **values)
    post = new_post(own, author_rows[0])
    notify(session, replied_to, NotificationType.REPLY, author, post.id)
    # A reply that mentions the author of its parent notifies them once.
    notify(session, mentioned.difference(replied_to), NotificationType.MENTION, author, post.id)
    index_post(session, Text(post.id, author.id, request.text, request.parent_id is not None))
    return post


def _find_mentioned(session: Session, text: str) -> set[int]:
    """The ids of the users mentioned in a text. Until their accounts are locked, they may be deleted."""
    names = find_mentions(text)
    if not names:
        return set()
    return set(session.exec(select(User.id).where(func.lower(User.username).in_(names))))


def _get_parent_author(session: Session, author: Person, parent_id: int | None) -> list[int]:
    """The author of the parent as a list; empty for a top-level post. Raises ParentNotFound."""
    if parent_id is None:
        return []
    try:
        replied_to = get_author(session, author, parent_id)
    except PostNotFound:
        raise ParentNotFound from None
    if replied_to is None:
        raise ParentNotFound
    return [replied_to]


def edit_post(session: Session, editor: Person, post_id: int, patch: PostPatch) -> PostRow:
    """Change the text of the editor's own post; raises PostNotFound or NotAuthor."""
    mentioned = _find_mentioned(session, patch.text)
    mentioned &= lock_accounts(session, editor, *mentioned)
    lock(session, Post, col(Post.id) == post_id)
    post = get_post(session, post_id)
    if post.user_id != editor.id:
        raise NotAuthor
    post.text, post.edited_at = patch.text, utc_now()
    session.flush()
    withdraw(session, NotificationType.MENTION, editor.id, post_id=post_id, exclude=mentioned)
    replied_to = session.scalar(select(Post.user_id).where(col(Post.id) == post.parent_id))
    notify(session, mentioned - {replied_to}, NotificationType.MENTION, editor, post_id)
    reindex_posts(session, [Text(post_id, editor.id, patch.text, post.parent_id is not None)])
    return get_post_row(session, editor, post_id)


def delete_post(session: Session, actor: Person, post_id: int, client: Client) -> None:
    """Delete the actor's own post, or any post if they are a superuser; raises PostNotFound or NotAuthor."""
    post = get_post(session, post_id)
    if post.user_id != actor.id and not actor.superuser:
        raise NotAuthor
    if post.user_id != actor.id:
        record(session, Action.POST_DELETED, actor, f"post {post_id}", client)
    remove_posts(session, [post_id])


def remove_all_posts(session: Session, author: Person) -> None:
    """Delete everything the author wrote. Their account and posts must be locked."""
    # For all posts at once, so that all notifications, and all tags, are locked in one order.
    delete_for_user(session, author.id)
    untag_author(session, author.id)
    # Newest first: a reply to oneself is deleted before its parent, which then needs no tombstone.
    own = select(Post.id).where(col(Post.user_id) == author.id, IS_LISTED).order_by(col(Post.id).desc())
    while batch := session.exec(own.limit(BATCH)).all():
        remove_posts(session, batch)


def remove_posts(session: Session, ids: Collection[int]) -> None:
    """Delete these posts: text, likes, notifications, index entries, and the rows of those without replies.

    A row with replies stays as a tombstone, so that the thread stays readable; a tombstone is removed
    together with its last reply.
    """
    chosen = col(Post.id).in_(ids)
    lock(session, User, col(User.id).in_(select(Post.user_id).where(chosen)))
    lock(session, Post, col(Post.id).in_(with_ancestors(chosen)))
    # Some may have been deleted before the lock was acquired.
    living = session.exec(select(Post.id).where(chosen, IS_LISTED)).all()
    _uncount(session, living)
    change(session, delete(Like).where(col(Like.post_id).in_(living)))
    delete_for_posts(session, living)
    unindex_posts(session, living)
    tombstone = {"text": "", "deleted": True, "likes": 0, "edited_at": None}
    change(session, update(Post).where(col(Post.id).in_(living)).values(tombstone))
    _prune(session, living)


def with_ancestors(chosen: ColumnElement[bool]) -> Select[tuple[int]]:
    """The ids of the chosen posts and of all their ancestors.

    Ancestors that are tombstones may be removed as well (see `_prune`). Without the lock, concurrent
    deletions of the last two replies would each still see the other reply, and the tombstone would stay for
    ever.
    """
    upwards = select(Post.id, Post.parent_id).where(chosen).cte("upwards", recursive=True)
    parent = aliased(Post)
    step = select(parent.id, parent.parent_id).join(upwards, upwards.c.parent_id == parent.id)
    return select(upwards.union(step).c.id)


@prepared_statement
def _count_post() -> Any:
    one_more: dict[str, Any] = {"posts": User.posts + literal_column("1")}
    return update(User).where(col(User.id) == USER).values(one_more).returning(*author_columns())


@prepared_statement
def _insert() -> Any:
    row = {
        "text": bindparam("wrote"),
        "date": bindparam("now", type_=UTCDateTime()),
        "user_id": USER,
        "parent_id": bindparam("parent", type_=BigId),
    }
    return insert_into(Post).values(row).returning(*own_columns())


def _count_reply(session: Session, parent_id: int) -> None:
    """In one statement, count the reply, check that the parent exists, and lock it."""
    parent = update(Post).where(col(Post.id) == parent_id, IS_LISTED)
    if change(session, parent.values(replies_count=Post.replies_count + 1)) == 0:
        raise ParentNotFound


def _uncount(session: Session, ids: Collection[int]) -> None:
    """Subtract these posts from the counters of their authors and parents."""
    deleted = aliased(Post)
    chosen = col(deleted.id).in_(ids)
    written = select(func.count()).where(chosen, col(deleted.user_id) == User.id).scalar_subquery()
    authors = col(User.id).in_(select(deleted.user_id).where(chosen))
    change(session, update(User).where(authors).values(posts=User.posts - written))
    replied = select(func.count()).where(chosen, col(deleted.parent_id) == Post.id).scalar_subquery()
    parents = col(Post.id).in_(select(deleted.parent_id).where(chosen))
    change(session, update(Post).where(parents).values(replies_count=Post.replies_count - replied))


def _prune(session: Session, ids: Collection[int]) -> None:
    """Remove tombstones without replies, then their parents for which the same is true, and so on."""
    reply = aliased(Post)
    is_bare = col(Post.deleted) & ~exists().where(col(reply.parent_id) == Post.id)
    while ids:
        bare = delete(Post).where(col(Post.id).in_(ids), is_bare).returning(col(Post.parent_id))
        deleted = session.execute(bare, execution_options={"synchronize_session": False}).scalars()
        ids = {parent_id for parent_id in deleted if parent_id is not None}
