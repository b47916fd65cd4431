"""Which post has which tags. How many posts have a tag is counted by the database: see migration 0010."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, bindparam, func
from sqlmodel import Session, col, delete, select, update

from pamps.db import current_dialect
from pamps.db.prepared import insert_into, prepared_statement, run
from pamps.models.tag import PostTag, Tag
from pamps.queries.clauses import POST, USER
from pamps.services.locking import change
from pamps.text.tokenizer import fold


class Tagging(NamedTuple):
    """The tags of a post, by their normal forms."""

    post_id: int
    user_id: int
    names: Sequence[str]


def tag_post(session: Session, post: Tagging) -> None:
    """Give a new post its tags."""
    if post.names and _give(session, post) < len(post.names):
        _make(session, post.names)
        _hold(session, _ids_of(session, post.names))
        _give(session, post)


def retag_posts(session: Session, posts: Collection[Tagging]) -> None:
    """Give posts these tags instead of those that they have; those that have them already are left alone."""
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
    """Take all tags of these posts away."""
    _take(session, col(PostTag.post_id).in_(post_ids))


def untag_author(session: Session, user_id: int) -> None:
    """Take all tags of the posts of somebody away."""
    _take(session, col(PostTag.user_id) == user_id)


def recount_tags(session: Session, after: int, limit: int) -> list[int]:
    """Make true what the next tags say of themselves, in the order of ids; gives the ids.

    Those that no post has stay, and nobody sees them: somebody may be just about to use one.
    """
    following = select(Tag).where(col(Tag.id) > after).order_by(col(Tag.id)).limit(limit)
    tags = session.exec(following.with_for_update(key_share=True)).all()
    for tag in tags:
        tag.folded = fold(tag.name)
    session.flush()
    tag_ids = [tag.id for tag in tags]
    # Counted after they were held: who adds a use counts it after us.
    posts = select(func.count()).where(col(PostTag.tag_id) == Tag.id).scalar_subquery()
    wrong = col(Tag.id).in_(tag_ids) & (col(Tag.uses) != posts)
    change(session, update(Tag).where(wrong).values(uses=posts))
    return tag_ids


def _find_uses(session: Session, post_ids: Sequence[int]) -> dict[int, set[tuple[str, int]]]:
    """The tags that each post has, with the author as it stands there."""
    # Looked up one by one: joined with the tags, PostgreSQL may go through all of them for each.
    name = select(Tag.name).where(col(Tag.id) == PostTag.tag_id).scalar_subquery()
    uses = select(PostTag.post_id, name, PostTag.user_id)
    found = defaultdict[int, set[tuple[str, int]]](set)
    for post_id, name, user_id in session.exec(uses.where(col(PostTag.post_id).in_(post_ids))):
        found[post_id].add((name, user_id))
    return found


def _make(session: Session, names: Collection[str]) -> None:
    """Make those of the tags that are not there. Who makes the same ones waits, and neither for ever, because
    all make them in one order, before they hold any (see `_hold`)."""
    known = session.exec(select(Tag.name).where(_named(names)))
    if new := sorted(set(names).difference(known)):
        rows = [{"name": name, "folded": fold(name)} for name in new]
        session.execute(insert_into(Tag).on_conflict_do_nothing(), rows)


def _hold(session: Session, tag_ids: Collection[int]) -> None:
    """Hold tags until the end of the transaction, in the order of their ids.

    At the end PostgreSQL counts the uses one after the other, in the order in which they were made. Who makes
    some in any other order than that of the tags, or takes some away, holds all of them first. SQLite has one
    writer at a time.
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
    return session.exec(select(Tag.id).where(_named(names))).all()


def _give(session: Session, post: Tagging) -> int:
    """Give a post those of its tags that are there; gives how many it did not have."""
    return len(run(session, _insert(), post=post.post_id, user=post.user_id, names=list(post.names)))


def _named(names: Collection[str]) -> ColumnElement[bool]:
    return col(Tag.name).in_(current_dialect().texts(bindparam(None, list(names), type_=JSON)))


@prepared_statement
def _insert() -> Any:
    wanted = current_dialect().texts(bindparam("names", type_=JSON))
    uses = select(POST, col(Tag.id), USER).where(col(Tag.name).in_(wanted)).order_by(col(Tag.id))
    insert = insert_into(PostTag).from_select(["post_id", "tag_id", "user_id"], uses)
    return insert.on_conflict_do_nothing().returning(PostTag.tag_id)
