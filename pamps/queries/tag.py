"""Reading tags and tagged posts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, distinct, func, select
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.ids import MAX_ID
from pamps.models.post import Post
from pamps.models.tag import PostTag, Tag
from pamps.models.types import utc_now
from pamps.models.user import Person
from pamps.queries.clauses import AT_ONCE, Selection, as_value, first_id_since
from pamps.queries.listing import Listing
from pamps.queries.post import list_newest, list_posts, select_posts
from pamps.queries.rows import PostRow
from pamps.queries.visibility import visible_posts
from pamps.text.entities import normal_tag
from pamps.text.storable import is_storable
from pamps.text.tokenizer import fold

TRENDING = timedelta(days=7)
# The number of tag uses examined, which bounds the cost of trends on busy days.
LATEST_USES = 5_000
LAST = "\U0010ffff"  # sorts after every name with the same prefix


class TrendingTag(NamedTuple):
    """A tag, the number of posts with it, and the number of users who used it in the period of trends."""

    name: str
    uses: int
    people: int


def list_tagged(session: Session, viewer: Person | None, window: Window, tag: str) -> Listing[PostRow]:
    """The posts and replies with a tag, newest first; empty if it cannot be a tag."""
    return list_posts(session, viewer, window, _tagged, Sort.NEWEST_FIRST, tag=normal_tag(tag))


def list_newest_tagged(session: Session, tag: str) -> list[PostRow]:
    """The newest posts and replies with a normalised tag, as seen without signing in."""
    return list_newest(session, _tagged, tag=tag)


def list_tags(session: Session, typed: str, limit: int) -> Sequence[Tag]:
    """Tags that start with what was typed, ignoring accents and case, most used first."""
    beginning = fold(typed.strip()).lstrip("#").rstrip("*")
    is_alike = (col(Tag.folded) >= beginning) & (col(Tag.folded) < beginning + LAST)
    tags = select(Tag).where(is_alike, col(Tag.uses) > 0)
    best = tags.order_by(col(Tag.uses).desc(), col(Tag.name)).limit(limit)
    return session.scalars(best).all() if is_storable(beginning) else ()


def list_trending(session: Session, viewer: Person | None, limit: int) -> list[TrendingTag]:
    """The tags used by the most people visible to the viewer in the last seven days, most first."""
    since = utc_now() - TRENDING
    first = first_id_since(session, since)
    # Only ids near the lower bound may be older posts: the dates of all others need not be checked.
    date = select(col(Post.date)).where(col(Post.id) == PostTag.post_id).scalar_subquery()
    is_recent = (col(PostTag.post_id) > min(first + 2 * AT_ONCE, MAX_ID)) | (date >= since)
    latest = (
        select(col(PostTag.post_id), col(PostTag.tag_id), col(PostTag.user_id))
        .where(col(PostTag.post_id) >= first, is_recent, visible_posts(PostTag, viewer is not None))
        .order_by(col(PostTag.post_id).desc())
        .limit(LATEST_USES)
        .subquery()
    )
    people = func.count(distinct(latest.c.user_id)).label("people")
    tags = (
        select(col(Tag.name), col(Tag.uses), people)
        .join(latest, latest.c.tag_id == Tag.id)
        .group_by(col(Tag.id))
        .order_by(people.desc(), func.count().desc(), col(Tag.name))
        .limit(limit)
    )
    return [TrendingTag(*row) for row in session.execute(tags, as_value(viewer))]


@prepared_statement
def _tagged(shape: WindowShape, signed_in: bool) -> Selection:
    tag = select(col(Tag.id)).where(col(Tag.name) == bindparam("tag")).scalar_subquery()
    theirs: Selection = select(col(PostTag.post_id).label("id")).where(
        col(PostTag.tag_id) == tag, visible_posts(PostTag, signed_in)
    )
    pairs = shape.of(theirs, col(PostTag.post_id)).subquery("pairs")
    posts = select_posts(signed_in).join(pairs, pairs.c.id == Post.id)
    return shape.sort(posts, col(Post.id))
