"""Which post has which tags."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session, col, delete, func, select, update

from pamps.models.tag import PostTag, Tag
from pamps.services.rows import change
from pamps.statements import insert_into
from pamps.words import fold


class Tagging(NamedTuple):
    """The tags of a post, by their normal forms."""

    post_id: int
    user_id: int
    names: Sequence[str]


def tag_posts(session: Session, posts: Iterable[Tagging]) -> None:
    """Give posts their tags. They must not have any yet."""
    posts = [post for post in posts if post.names]
    if not posts:
        return
    # In the order of names, like `_hold`: two posts with the same tags do not wait for each other for ever.
    uses = sorted(Counter(name for post in posts for name in post.names).items())
    rows = [{"name": name, "folded": fold(name), "uses": count} for name, count in uses]
    made: Any = insert_into(Tag).values(rows)
    more = {"uses": Tag.uses + made.excluded.uses}
    counted = made.on_conflict_do_update(index_elements=[col(Tag.name)], set_=more)
    ids = dict(session.execute(counted.returning(col(Tag.name), col(Tag.id))).all())
    pairs = [
        {"post_id": post.post_id, "tag_id": ids[name], "user_id": post.user_id}
        for post in posts
        for name in post.names
    ]
    session.execute(insert_into(PostTag), pairs)


def untag_posts(session: Session, post_ids: Collection[int]) -> None:
    """Take all tags of these posts away, and forget tags that no post has any more."""
    theirs = col(PostTag.post_id).in_(post_ids)
    held = _hold(session, session.exec(select(PostTag.tag_id).where(theirs).distinct()).all())
    if not held:
        return
    own = col(Tag.id).in_(held)
    used = select(func.count()).where(theirs, col(PostTag.tag_id) == Tag.id).scalar_subquery()
    change(session, update(Tag).where(own).values(uses=Tag.uses - used))
    change(session, delete(PostTag).where(theirs))
    change(session, delete(Tag).where(own, col(Tag.uses) == 0))


def _hold(session: Session, tag_ids: Sequence[int]) -> Sequence[int]:
    """Hold tags in the order of their names until the end of the transaction."""
    if not tag_ids:
        return []
    tags = select(Tag.id).where(col(Tag.id).in_(tag_ids)).order_by(Tag.name)
    return session.exec(tags.with_for_update()).all()
