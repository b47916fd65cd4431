"""Which post has which tags. How many posts have a tag is counted by the database: see migration 0010."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Select, bindparam, func
from sqlmodel import Session, col, delete, select, update

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


def tag_posts(session: Session, posts: Iterable[Tagging]) -> None:
    """Give posts these tags; those that they have already change nothing."""
    for post in posts:
        if post.names and _give(session, post) < len(post.names):
            # Names that stand there already are not touched: nobody waits who uses them at the same time.
            rows = [{"name": name, "folded": fold(name)} for name in post.names]
            session.execute(insert_into(Tag).values(rows).on_conflict_do_nothing())
            _give(session, post)


def retag_posts(session: Session, posts: Collection[Tagging]) -> None:
    """Give posts these tags instead of those that they have; those that have them already are left alone."""
    had = _find_uses(session, [post.post_id for post in posts])
    changed = [post for post in posts if had[post.post_id] != {(name, post.user_id) for name in post.names}]
    if changed:
        theirs = col(PostTag.post_id).in_([post.post_id for post in changed])
        # Old and new ones together: two people may swap tags at the same moment.
        _hold(session, theirs, {name for post in changed for name in post.names})
        change(session, delete(PostTag).where(theirs))
        tag_posts(session, changed)


def untag_posts(session: Session, post_ids: Collection[int]) -> None:
    """Take all tags of these posts away."""
    theirs = col(PostTag.post_id).in_(post_ids)
    _hold(session, theirs)
    change(session, delete(PostTag).where(theirs))


def hold_tags_of(session: Session, user_id: int) -> None:
    """Hold every tag that somebody uses, for who is about to take them away in several steps."""
    _hold(session, col(PostTag.user_id) == user_id)


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
    uses = select(PostTag.post_id, Tag.name, PostTag.user_id).join(Tag, col(Tag.id) == PostTag.tag_id)
    found = defaultdict[int, set[tuple[str, int]]](set)
    for post_id, name, user_id in session.exec(uses.where(col(PostTag.post_id).in_(post_ids))):
        found[post_id].add((name, user_id))
    return found


def _give(session: Session, post: Tagging) -> int:
    """Give a post those of its tags that are there; gives how many it did not have."""
    return len(run(session, _insert(), post=post.post_id, user=post.user_id, names=list(post.names)))


def _hold(session: Session, uses: ColumnElement[bool], names: Collection[str] = ()) -> None:
    """Hold the tags of these uses, and those with these names, until the end of the transaction.

    Counts change with the commit, those of one post in the order of ids. Whoever changes more of them holds
    them in that order first, so that two do not wait for each other. SQLite has one writer at a time.
    """
    if not IS_SQLITE:
        used, named = select(PostTag.tag_id).where(uses), select(Tag.id).where(col(Tag.name).in_(names))
        tags = select(Tag.id).where(col(Tag.id).in_(used.union(named)))
        session.exec(tags.order_by(col(Tag.id)).with_for_update(key_share=True)).all()


@built_once
def _insert() -> Any:
    names = bindparam("names", type_=JSON)
    each = func.json_each(names) if IS_SQLITE else func.json_array_elements_text(names)
    wanted: Select[Any] = select(each.table_valued("value").c.value)
    uses = select(POST, col(Tag.id), USER).where(col(Tag.name).in_(wanted)).order_by(col(Tag.id))
    insert = insert_into(PostTag).from_select(["post_id", "tag_id", "user_id"], uses)
    return insert.on_conflict_do_nothing().returning(PostTag.tag_id)
