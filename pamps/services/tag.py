"""Tagging posts. The use counts of tags are maintained by triggers: see migration 0010."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, delete, select, update

from pamps.db import current_dialect
from pamps.db.prepared import insert_into, prepared_statement, run
from pamps.models.post import Post
from pamps.models.tag import PostTag, Tag
from pamps.queries.clauses import POST, USER
from pamps.services.locking import change
from pamps.text.tokenizer import fold


class Tagging(NamedTuple):
    """The tags of a post, normalised."""

    post_id: int
    user_id: int
    names: Sequence[str]


def tag_post(session: Session, post: Tagging) -> None:
    """Add the tags of a new post."""
    if post.names and _give(session, post) < len(post.names):
        _make(session, post.names)
        _hold(session, _ids_of(session, post.names))
        _give(session, post)


def retag_posts(session: Session, posts: Collection[Tagging]) -> None:
    """Replace the tags of posts; posts whose tags are unchanged are not touched."""
    had = _find_uses(session, [post.post_id for post in posts])
    changed = [post for post in posts if had[post.post_id] != {(name, post.user_id) for name in post.names}]
    if not changed:
        return
    names = {name for post in changed for name in post.names}
    theirs = col(PostTag.post_id).in_([post.post_id for post in changed])
    _make(session, names)
    _hold(session, {*_ids_of(session, names), *_used(session, theirs)})
    change(session, delete(PostTag).where(theirs))
    for post in changed:
        _give(session, post)


def untag_posts(session: Session, post_ids: Collection[int]) -> None:
    """Remove all tags of these posts."""
    _take(session, col(PostTag.post_id).in_(post_ids))


def untag_author(session: Session, user_id: int) -> None:
    """Remove all tags of all posts by a user."""
    _take(session, col(PostTag.post_id).in_(select(Post.id).where(col(Post.user_id) == user_id)))


def recount_tags(session: Session, after: int, limit: int) -> list[int]:
    """Correct the use counts and normalised names of the next `limit` tags in id order; returns their ids.

    Unused tags are kept (they are never shown), because a concurrent transaction may be about to use one.
    """
    following = select(Tag).where(col(Tag.id) > after).order_by(col(Tag.id)).limit(limit)
    tags = session.exec(following.with_for_update(key_share=True)).all()
    for tag in tags:
        tag.folded = fold(tag.name)
    session.flush()
    tag_ids = [tag.id for tag in tags]
    # Counted after locking: concurrent uses are added to the count afterwards.
    posts = select(func.count()).where(col(PostTag.tag_id) == Tag.id).scalar_subquery()
    wrong = col(Tag.id).in_(tag_ids) & (col(Tag.uses) != posts)
    change(session, update(Tag).where(wrong).values(uses=posts))
    return tag_ids


def _find_uses(session: Session, post_ids: Sequence[int]) -> dict[int, set[tuple[str, int]]]:
    """The tags of each post, with the author as stored there."""
    # A scalar subquery: with a join, PostgreSQL may scan all tags for each use.
    name = select(Tag.name).where(col(Tag.id) == PostTag.tag_id).scalar_subquery()
    uses = select(PostTag.post_id, name, PostTag.user_id)
    found = defaultdict[int, set[tuple[str, int]]](set)
    for post_id, name, user_id in session.exec(uses.where(col(PostTag.post_id).in_(post_ids))):
        found[post_id].add((name, user_id))
    return found


def _make(session: Session, names: Collection[str]) -> None:
    """Create the tags that do not exist. Concurrent transactions that create the same ones wait, and cannot
    deadlock: all create them in one order, before they lock any (see `_lock`)."""
    known = session.exec(select(Tag.name).where(_is_named()), params={"names": list(names)})
    if new := sorted(set(names).difference(known)):
        rows = [{"name": name, "folded": fold(name)} for name in new]
        session.execute(insert_into(Tag).on_conflict_do_nothing(), rows)


def _hold(session: Session, tag_ids: Collection[int]) -> None:
    """Lock tags until the end of the transaction, in id order.

    On commit, PostgreSQL counts uses in the order in which they were inserted. Transactions that insert them
    in any order other than by tag id, or delete some, lock all affected tags first. SQLite has a single
    writer.
    """
    if tag_ids and not current_dialect().has_one_writer:
        tags = select(Tag.id).where(col(Tag.id).in_(tag_ids)).order_by(col(Tag.id))
        session.exec(tags.with_for_update(key_share=True)).all()


def _take(session: Session, uses: ColumnElement[bool]) -> None:
    if used := _used(session, uses):
        _hold(session, used)
        change(session, delete(PostTag).where(uses))


def _used(session: Session, uses: ColumnElement[bool]) -> Sequence[int]:
    return session.exec(select(PostTag.tag_id).where(uses).distinct()).all()


def _ids_of(session: Session, names: Collection[str]) -> Sequence[int]:
    return session.exec(select(Tag.id).where(_is_named()), params={"names": list(names)}).all()


def _give(session: Session, post: Tagging) -> int:
    """Add those tags of a post that exist; returns how many it did not have yet."""
    return len(run(session, _insert(), post=post.post_id, user=post.user_id, names=list(post.names)))


def _is_named() -> ColumnElement[bool]:
    """Whether a tag has one of the names that are the value `names`."""
    return current_dialect().is_one_of(col(Tag.name), "names")


@prepared_statement
def _insert() -> Any:
    uses = select(POST, col(Tag.id), USER).where(_is_named()).order_by(col(Tag.id))
    insert = insert_into(PostTag).from_select(["post_id", "tag_id", "user_id"], uses)
    return insert.on_conflict_do_nothing().returning(PostTag.tag_id)
