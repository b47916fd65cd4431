"""Tags and the search index made anew from the texts of all posts."""

from collections.abc import Iterator

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from pamps.db import transaction
from pamps.models.post import IS_LISTED, Post
from pamps.models.search_index import SEARCH_INDEX
from pamps.services.rows import change
from pamps.services.search_index import Text, index_posts
from pamps.services.tag import untag_posts

BATCH = 1_000


def is_index_missing() -> bool:
    """Whether there are posts, and none of them is in the index: the database is of an older version."""
    with transaction() as session:
        found = session.exec(select(Post.id).where(IS_LISTED).limit(1)).first()
        return found is not None and session.execute(select(SEARCH_INDEX.c.user_id).limit(1)).first() is None


def count_posts() -> int:
    """How many ids `reindex` goes through at most."""
    with transaction() as session:
        return session.exec(select(func.max(Post.id))).one() or 0


def reindex() -> Iterator[int]:
    """Make every post found by its words, its tags and its author, and nothing else; gives the id up to which
    it is done, again and again.

    A transaction for each thousand posts: people go on writing meanwhile, and what is interrupted has done no
    harm and is started anew.
    """
    last: int | None = 0
    while last is not None:
        with transaction() as session:
            last = _reindex_following(session, last)
        if last is not None:
            yield last


def _reindex_following(session: Session, last: int) -> int | None:
    """The same for the posts that follow; gives the id of the last of them, None if there are no more."""
    following = select(Post).where(col(Post.id) > last).order_by(col(Post.id)).limit(BATCH)
    posts = session.exec(following.with_for_update(key_share=True)).all()
    end = posts[-1].id if len(posts) == BATCH else None
    stale = delete(SEARCH_INDEX).where(SEARCH_INDEX.c.post_id > last)
    change(session, stale if end is None else stale.where(SEARCH_INDEX.c.post_id <= end))
    living = (post for post in posts if not post.deleted and post.user_id)
    index_posts(session, [Text(post.id, post.user_id or 0, post.text) for post in living])
    untag_posts(session, [post.id for post in posts if post.deleted])
    return end
