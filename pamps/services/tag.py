"""Which post has which tags."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session, col, delete, func, select, update

from pamps.models.tag import PostTag, Tag
from pamps.services.rows import change
from pamps.statements import insert_into
from pamps.words import fold

NAMED = 1_000  # rows named in one statement; SQLite takes at most 32,766


class Tagging(NamedTuple):
    """The tags of a post, by their normal forms."""

    post_id: int
    user_id: int
    names: Sequence[str]


class _Use(NamedTuple):
    """That a post has a tag."""

    post_id: int
    user_id: int
    name: str


def tag_posts(session: Session, posts: Iterable[Tagging]) -> None:
    """Give posts their tags. They must not have any yet."""
    _write(session, _uses_of(posts), {})


def retag_posts(session: Session, posts: Collection[Tagging]) -> None:
    """Give posts these tags instead of those that they have, and forget tags that no post has any more.

    Writes nothing about posts that have them already.
    """
    had = _find_uses(session, [post.post_id for post in posts])
    wanted = _uses_of(posts)
    changed = {use.post_id for use in wanted ^ had.keys()}
    if not changed:
        return
    _write(
        session,
        {use for use in wanted if use.post_id in changed},
        {use: tag_id for use, tag_id in had.items() if use.post_id in changed},
    )


def untag_posts(session: Session, post_ids: Collection[int]) -> None:
    """Take all tags of these posts away, and forget tags that no post has any more."""
    retag_posts(session, [Tagging(post_id, 0, ()) for post_id in post_ids])


def recount_tags(session: Session, after: int, limit: int) -> list[int]:
    """Make the counts of the next tags true, in the order of ids, and forget those that no post has; gives
    the ids."""
    following = select(Tag).where(col(Tag.id) > after).order_by(col(Tag.id)).limit(limit)
    tags = session.exec(following.with_for_update()).all()
    for tag in tags:
        tag.folded = fold(tag.name)
    session.flush()
    own = col(Tag.id).in_(tag_ids := [tag.id for tag in tags])
    # Counted after they were held, so that nobody else counts meanwhile.
    posts = select(func.count()).where(col(PostTag.tag_id) == Tag.id).scalar_subquery()
    change(session, update(Tag).where(own, col(Tag.uses) != posts).values(uses=posts))
    _forget_unused(session, tag_ids)
    return tag_ids


def _uses_of(posts: Iterable[Tagging]) -> set[_Use]:
    return {_Use(post.post_id, post.user_id, name) for post in posts for name in post.names}


def _find_uses(session: Session, post_ids: Collection[int]) -> dict[_Use, int]:
    """The tags that posts have, with their ids."""
    # Not joined: just after an upgrade the planner takes both tables for empty, and one for each of the
    # other would look as good to it as by their ids.
    theirs = select(PostTag.post_id, PostTag.user_id, PostTag.tag_id).where(
        col(PostTag.post_id).in_(post_ids)
    )
    uses = session.exec(theirs).all()
    names = _find_names(session, list({tag_id for *_, tag_id in uses}))
    return {_Use(post_id, user_id, names[tag_id]): tag_id for post_id, user_id, tag_id in uses}


def _find_names(session: Session, tag_ids: Sequence[int]) -> dict[int, str]:
    names = dict[int, str]()
    for start in range(0, len(tag_ids), NAMED):
        some = col(Tag.id).in_(tag_ids[start : start + NAMED])
        names.update(session.exec(select(Tag.id, Tag.name).where(some)).all())
    return names


def _write(session: Session, wanted: set[_Use], had: dict[_Use, int]) -> None:
    """Give posts the wanted tags; `had` is all that they have, with the ids."""
    uses = Counter(use.name for use in wanted)
    uses.subtract(use.name for use in had)
    if not uses:
        return
    ids = _count(session, uses)
    if had:
        change(session, delete(PostTag).where(col(PostTag.post_id).in_({use.post_id for use in had})))
    pairs = [{"post_id": use.post_id, "tag_id": ids[use.name], "user_id": use.user_id} for use in wanted]
    if pairs:
        session.execute(insert_into(PostTag), pairs)
    _forget_unused(session, [ids[name] for name, more in uses.items() if more < 0])


def _count(session: Session, uses: Counter[str]) -> dict[str, int]:
    """Count so many more uses of each tag, or fewer, and give their ids. They are held until the end of the
    transaction."""
    # In the order of names: two posts with the same tags do not wait for each other for ever.
    rows = [{"name": name, "folded": fold(name), "uses": more} for name, more in sorted(uses.items())]
    made: Any = insert_into(Tag)
    counted = made.on_conflict_do_update(
        index_elements=[col(Tag.name)], set_={"uses": Tag.uses + made.excluded.uses}
    )
    # Rows beside the statement: SQLAlchemy makes as many statements as the database needs.
    return dict(session.execute(counted.returning(col(Tag.name), col(Tag.id)), rows).all())


def _forget_unused(session: Session, tag_ids: Sequence[int]) -> None:
    for start in range(0, len(tag_ids), NAMED):
        some = col(Tag.id).in_(tag_ids[start : start + NAMED])
        change(session, delete(Tag).where(some, col(Tag.uses) <= 0))
