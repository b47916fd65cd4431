"""Tags and the search index made anew from the texts of all posts, while others write.

Each batch is a transaction, which makes its posts right whatever was written about them before. So what is
interrupted has done no harm.
"""

from collections.abc import Callable, Collection, Iterator
from time import sleep
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, delete
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func, select

from pamps.db import current_dialect, transaction
from pamps.http.pagination import MAX_ID
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post
from pamps.models.search_index import search_index
from pamps.models.tag import Tag
from pamps.services.locking import change
from pamps.services.search_index import Text, reindex_posts, unindex_posts
from pamps.services.tag import recount_tags

BATCH = 1_000
# Who waits for SQLite looks each tenth of a second whether it is his turn, and needs a gap to find it so.
PAUSE_SECONDS = 0.11
# Where two wait for each other, PostgreSQL refuses one of them after a second. By then it was us who gave up.
PATIENCE_MS = 200
REFUSED_CODES = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
# The oldest posts are indexed last: if these are there, all are. Not one alone, because who edits a post
# meanwhile indexes it.
OLDEST = 100

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Part(NamedTuple):
    """A part of the work: what it is about, and how many there are; `steps` does it, and gives how many were
    done, again and again."""

    name: str
    total: int
    steps: Iterator[int]


def reindex() -> Iterator[Part]:
    """Make every post found by its words, its tags and its author, and nothing else; the counts of tags
    become true.

    People go on reading and writing meanwhile, and whoever writes goes first. A part has to be done before
    the next one is asked for.
    """
    with transaction() as session:
        tags = session.exec(select(func.count(col(Tag.id)))).one()
        posts = session.exec(select(func.count(col(Post.id)))).one()
    yield Part("tags", tags, _recount_all())
    yield Part("posts", posts, _reindex_all(only_missing=False))


def count_missing() -> int:
    """About how many posts cannot be found, because an older version wrote them; 0 once `index_missing` has
    come to its end."""
    with transaction() as session:
        oldest = session.exec(select(Post.id).where(IS_LISTED).order_by(col(Post.id)).limit(OLDEST)).all()
        if len(_find_indexed(session, oldest)) == len(oldest):
            return 0
        indexed = session.scalar(select(func.count()).select_from(search_index())) or 0
        return max(1, session.exec(select(func.count(col(Post.id))).where(IS_LISTED)).one() - indexed)


def index_missing() -> None:
    """Make posts found that are not yet, newest first. Several at once share the work, and what was
    interrupted goes on where it was."""
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
    """The same for the newest posts up to the id `top`; gives how many they were, and the `top` of the next
    ones, 0 if there are none."""
    newest = select(Post.id).where(col(Post.id) <= top).order_by(col(Post.id).desc()).limit(BATCH)
    ids = session.exec(newest).all()
    bottom = ids[-1] if len(ids) == BATCH else 1
    texts, deleted = _hold_posts(session, col(Post.id).between(bottom, top))
    if only_missing:
        # Found after they were held: by then, who does the same has indexed them.
        indexed = _find_indexed(session, ids)
        texts = [text for text in texts if text.post_id not in indexed]
    else:
        unindex_posts(session, deleted)
        _forget_strangers(session, bottom, top)
    reindex_posts(session, texts)
    return len(ids), bottom - 1


def _hold_posts(session: Session, chosen: ColumnElement[bool]) -> tuple[list[Text], list[int]]:
    """What posts say, and the ids of those that are deleted. Nobody changes them until the end of the
    transaction."""
    columns: list[Any] = [col(Post.id), col(Post.user_id), col(Post.text), ~IS_TOP_LEVEL, col(Post.deleted)]
    rows = select(*columns).where(chosen).order_by(col(Post.id))
    posts = session.execute(rows.with_for_update(key_share=True)).all()
    texts = [Text(*post) for *post, is_deleted in posts if not is_deleted]
    return texts, [post_id for post_id, *_, is_deleted in posts if is_deleted]


def _find_indexed(session: Session, post_ids: Collection[int]) -> set[int]:
    indexed = search_index().c.post_id
    return set(session.scalars(select(indexed).where(indexed.in_(post_ids))))


def _forget_strangers(session: Session, bottom: int, top: int) -> None:
    """Forget what the index has under ids of no post. One statement: what others add meanwhile, it sees as
    a whole or not at all."""
    index = search_index()
    own = index.c.post_id
    posts = select(Post.id).where(col(Post.id).between(bottom, top))
    change(session, delete(index).where(own.between(bottom, top), own.not_in(posts)))


def _give_way(
    work: Callable[Concatenate[Session, Given], Result], *given: Given.args, **more: Given.kwargs
) -> Result:
    """Do a piece of work in a transaction of its own, so that nobody who writes waits for long, or fails."""
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
