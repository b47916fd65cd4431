"""Which post has which tags. How many posts have a tag is counted by the database: see migration 0010."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, BindParameter, ColumnElement, Select, bindparam, func
from sqlmodel import Session, col, delete, select

from pamps.models.tag import PostTag, Tag
from pamps.queries.base import POST, USER
from pamps.services.rows import change
from pamps.statements import IS_SQLITE, built_once, insert_into, run
from pamps.words import fold


class Tagging(NamedTuple):
    """The tags of a post, by their normal forms."""

    post_id: int
    user_id: int
    names: Sequence[str]


def tag_post(session: Session, post: Tagging) -> None:
    """Give a new post its tags."""
    if post.names and _give(session, post) < len(post.names):
        _make(session, post.names)
        _hold(session, _named(post.names))
        _give(session, post)


def retag_posts(session: Session, posts: Collection[Tagging]) -> None:
    """Give posts these tags instead of those that they have."""
    names = {name for post in posts for name in post.names}
    theirs = col(PostTag.post_id).in_([post.post_id for post in posts])
    _make(session, names)
    _hold(session, _named(names) | col(Tag.id).in_(select(PostTag.tag_id).where(theirs)))
    change(session, delete(PostTag).where(theirs))
    for post in posts:
        _give(session, post)


def untag_posts(session: Session, post_ids: Collection[int]) -> None:
    """Take all tags of these posts away."""
    _take(session, col(PostTag.post_id).in_(post_ids))


def untag_author(session: Session, user_id: int) -> None:
    """Take all tags of the posts of somebody away."""
    _take(session, col(PostTag.user_id) == user_id)


def _make(session: Session, names: Collection[str]) -> None:
    """Make those of the tags that are not there. Who makes the same ones waits, and neither for ever, because
    all make them in one order, before they hold any (see `_hold`)."""
    known = session.exec(select(Tag.name).where(_named(names)))
    if new := sorted(set(names).difference(known)):
        rows = [{"name": name, "folded": fold(name)} for name in new]
        session.execute(insert_into(Tag).on_conflict_do_nothing(), rows)


def _hold(session: Session, tags: Any) -> Sequence[int]:
    """Hold tags until the end of the transaction, in the order of their ids, and give these.

    At the end the database counts the uses one after the other, in the order in which they were made. Who
    makes some in any other order than that of the tags, or takes some away, holds all of them first.
    """
    return session.exec(
        select(Tag.id).where(tags).order_by(col(Tag.id)).with_for_update(key_share=True)
    ).all()


def _take(session: Session, uses: Any) -> None:
    if _hold(session, col(Tag.id).in_(select(PostTag.tag_id).where(uses))):
        change(session, delete(PostTag).where(uses))


def _give(session: Session, post: Tagging) -> int:
    """Give a post those of its tags that are there; gives how many it did not have."""
    return len(run(session, _insert(), post=post.post_id, user=post.user_id, names=list(post.names)))


def _named(names: Collection[str]) -> ColumnElement[bool]:
    return col(Tag.name).in_(_each(bindparam(None, list(names), type_=JSON)))


def _each(names: BindParameter[Any]) -> Select[Any]:
    """The names in a JSON list: however many they are, it is one value."""
    each = func.json_each(names) if IS_SQLITE else func.json_array_elements_text(names)
    return select(each.table_valued("value").c.value)


@built_once
def _insert() -> Any:
    wanted = _each(bindparam("names", type_=JSON))
    uses = select(POST, col(Tag.id), USER).where(col(Tag.name).in_(wanted)).order_by(col(Tag.id))
    insert = insert_into(PostTag).from_select(["post_id", "tag_id", "user_id"], uses)
    return insert.on_conflict_do_nothing().returning(PostTag.tag_id)
