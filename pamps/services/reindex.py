"""Rebuilding tags and the search index from the texts of all posts, while the server keeps writing.

Each batch is one transaction that corrects its posts regardless of their previous state. So it can be
interrupted at any time and started again.
"""

from collections.abc import Callable, Collection, Iterator
from time import sleep
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, delete
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func, select

from pamps.db import current_dialect, transaction
from pamps.models.ids import MAX_ID
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post
from pamps.models.search_index import search_index
from pamps.models.tag import Tag
from pamps.services.locking import change
from pamps.services.search_index import Text, reindex_posts, unindex_posts
from pamps.services.tag import recount_tags

BATCH = 1_000
# A waiting SQLite writer polls the lock every tenth of a second, so it needs a gap of that length.
PAUSE_SECONDS = 0.11
# PostgreSQL resolves deadlocks after a second. By then this process has already given way.
PATIENCE_MS = 200
REFUSED_CODES = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
# The oldest posts are indexed last: if these are indexed, all are. More than one, because editing a post in
# the meantime indexes it.
OLDEST = 100

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Part(NamedTuple):
    """A part of the work: its name and its total number of items. Iterating over `steps` does the work and
    yields the number of items done in each step."""

    name: str
    total: int
    steps: Iterator[int]


def reindex() -> Iterator[Part]:
    """Rebuild the tags and the search index of every post, and correct the use counts of tags.

    Requests are served in the meantime, and their writes take precedence. Each part must be exhausted before
    the next one is requested.
    """
    with transaction() as session:
        tags = session.exec(select(func.count(col(Tag.id)))).one()
        posts = session.exec(select(func.count(col(Post.id)))).one()
    yield Part("tags", tags, _recount_all())
    yield Part("posts", posts, _reindex_all(only_missing=False))


def count_missing() -> int:
    """The approximate number of posts missing from the index because an older version wrote them; 0 once
    `index_missing` has finished."""
    with transaction() as session:
        oldest = session.exec(select(Post.id).where(IS_LISTED).order_by(col(Post.id)).limit(OLDEST)).all()
        if len(_find_indexed(session, oldest)) == len(oldest):
            return 0
        indexed = session.scalar(select(func.count()).select_from(search_index())) or 0
        return max(1, session.exec(select(func.count(col(Post.id))).where(IS_LISTED)).one() - indexed)


def index_missing() -> None:
    """Index the posts that are missing, newest first. Concurrent calls share the work, and an interrupted run
    is resumed."""
    for _ in _reindex_all(only_missing=True):
        pass


def _recount_all() -> Iterator[int]:
    last = 0
    while tag_ids := _give_way(recount_tags, last, BATCH):
        last = tag_ids[-1]
        yield len(tag_ids)


def _reindex_all(*, only_missing: bool) -> Iterator[int]:
    top = MAX_ID
    while top:
        done, top = _give_way(_reindex_batch, top, only_missing)
        yield done


def _reindex_batch(session: Session, top: int, only_missing: bool) -> tuple[int, int]:
    """Index the newest posts up to the id `top`; returns their number, and the `top` of the next batch, 0 if
    there is none."""
    newest = select(Post.id).where(col(Post.id) <= top).order_by(col(Post.id).desc()).limit(BATCH)
    ids = session.exec(newest).all()
    bottom = ids[-1] if len(ids) == BATCH else 1
    texts, deleted = _lock_posts(session, col(Post.id).between(bottom, top))
    if only_missing:
        # Looked up after locking: by then, concurrent runs have indexed theirs.
        indexed = _find_indexed(session, ids)
        texts = [text for text in texts if text.post_id not in indexed]
    else:
        unindex_posts(session, deleted)
        _forget_strangers(session, bottom, top)
    reindex_posts(session, texts)
    return len(ids), bottom - 1


def _lock_posts(session: Session, chosen: ColumnElement[bool]) -> tuple[list[Text], list[int]]:
    """The texts of posts, and the ids of deleted ones, locked until the end of the transaction."""
    columns: list[Any] = [col(Post.id), col(Post.user_id), col(Post.text), ~IS_TOP_LEVEL, col(Post.deleted)]
    rows = select(*columns).where(chosen).order_by(col(Post.id))
    posts = session.execute(rows.with_for_update(key_share=True)).all()
    texts = [Text(*post) for *post, is_deleted in posts if not is_deleted]
    return texts, [post_id for post_id, *_, is_deleted in posts if is_deleted]


def _find_indexed(session: Session, post_ids: Collection[int]) -> set[int]:
    indexed = search_index().c.post_id
    return set(session.scalars(select(indexed).where(indexed.in_(post_ids))))


def _forget_strangers(session: Session, bottom: int, top: int) -> None:
    """Delete index entries without a post. In one statement, which sees concurrent inserts completely or not
    at all."""
    index = search_index()
    own = index.c.post_id
    posts = select(Post.id).where(col(Post.id).between(bottom, top))
    change(session, delete(index).where(own.between(bottom, top), own.not_in(posts)))


def _give_way(
    work: Callable[Concatenate[Session, Given], Result], *given: Given.args, **more: Given.kwargs
) -> Result:
    """Do `work` in its own transaction and retry it on lock conflicts, so that requests that write neither
    fail nor wait for long."""
    dialect = current_dialect()
    while True:
        try:
            with transaction() as session:
                dialect.limit_lock_wait(session.connection(), PATIENCE_MS)
                result = work(session, *given, **more)
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) not in REFUSED_CODES:
                raise
            sleep(PAUSE_SECONDS)
        else:
            if dialect.has_one_writer:
                sleep(PAUSE_SECONDS)
            return result
