"""Search and feed filters: posts by words, tags, authors and dates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal_column, select
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.db import current_dialect
from pamps.db.dialect import Dialect
from pamps.db.prepared import Row, Statement, prepared_statement, run
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post
from pamps.models.search import SearchSort
from pamps.models.search_index import search_index
from pamps.models.user import Person, User
from pamps.queries.clauses import (
    VIEWER,
    Column,
    Selection,
    as_value,
    first_id_since,
    given,
    is_there,
    last_id_until,
)
from pamps.queries.listing import Listing, list_rows
from pamps.queries.match import Match, is_unwanted, match_of, select_matching, values_of
from pamps.queries.post import select_posts
from pamps.queries.rows import PostRow
from pamps.queries.visibility import visible_posts
from pamps.text.search_query import SearchQuery
from pamps.text.snippets import Segment, score, snippet

# Only this many of the newest matching posts are ranked. More would be slower and add older posts.
RANKED = 200
# Cached statements: there are more possible shapes than are used in practice.
KEPT_SHAPES = 64


@dataclass(frozen=True)
class Filters:
    """Restrictions besides the query: to top-level posts, and to posts with (True) or without (False)
    replies."""

    top_level: bool = False
    has_replies: bool | None = None


EVERY_POST = Filters()


@dataclass(frozen=True)
class _Words:
    """Everything the SQL of a statement depends on."""

    filters: Filters
    signed_in: bool
    wants: bool
    excludes: bool
    since: bool
    until: bool
    # Whether the query names authors, whose posts are shown even if muted.
    by_name: bool


class PostHit(NamedTuple):
    """A matching post, with the excerpt of its text that matches."""

    post: PostRow
    snippet: list[Segment]


def search_posts(
    session: Session, viewer: Person | None, window: Window, query: SearchQuery, sort: SearchSort
) -> Listing[PostHit]:
    """Posts and replies that match, each with the matching excerpt; none for an empty query.

    By rank, only the newest RANKED matches are included, best match first; equal matches are newest first.
    """
    if query.is_empty:
        return Listing([])
    search = PostSearch(session, viewer, query, EVERY_POST)
    if sort is SearchSort.RANK:
        ranking = Ranking(search.newest(RANKED), query)
        ids = list_rows(window, Sort.NEWEST_FIRST, _own_id, ranking.fetch)
        return ids.with_rows([_hit(post, query) for post in search.read(ids.rows)])
    found = list_rows(window, Sort(sort.value), PostRow, search.fetch)
    return found.with_rows([_hit(post, query) for post in found.rows])


def list_filtered(
    session: Session, viewer: Person | None, window: Window, query: SearchQuery, filters: Filters, sort: Sort
) -> Listing[PostRow]:
    """Posts that match the query and pass the filters, by id."""
    return list_rows(window, sort, PostRow, PostSearch(session, viewer, query, filters).fetch)


def _hit(post: PostRow, query: SearchQuery) -> PostHit:
    return PostHit(post, snippet(query, post.text))


def _own_id(post_id: int) -> int:
    return post_id


class Ranking:
    """Paginates post ids by rank. A page after a post that is no longer among them is empty."""

    def __init__(self, found: Sequence[Row], query: SearchQuery) -> None:
        # They are newest first, and the sort is stable.
        read_words = current_dialect().full_text.read_words
        best = sorted(found, key=lambda row: -score(query, read_words(row[1])))
        self._rows: list[Row] = [(post_id, post_id) for post_id, _ in best]
        self._places = {post_id: place for place, (post_id, _) in enumerate(self._rows)}

    def fetch(self, shape: WindowShape, before: int | None = None, after: int | None = None) -> Sequence[Row]:
        """The rows between two posts, in the order of the window."""
        end = len(self._rows)
        start = 0 if before is None else self._places.get(before, end) + 1
        stop = end if after is None else self._places.get(after, 0)
        between = self._rows[start:stop]
        return (between if shape.descending else between[::-1])[: shape.rows]


class PostSearch:
    """Runs one search for a viewer."""

    def __init__(self, session: Session, viewer: Person | None, query: SearchQuery, filters: Filters) -> None:
        self._session, self._query, self._filters = session, query, filters
        self._signed_in, self._values = viewer is not None, dict[str, Any](as_value(viewer))
        authors = find_ids(session, {*query.authors, *query.unwanted_authors})
        self._is_possible = set(query.authors) <= authors.keys()
        self._match = (
            match_of(query, authors, top_level=filters.top_level) if self._is_possible else Match("", "")
        )
        self._bounds = self._find_bounds()

    def newest(self, rows: int) -> Sequence[Row]:
        """At most `rows` ids, newest first, each with its index entry. The search has read the entry anyway;
        reading the posts would double the cost."""
        return self._run(_candidates, WindowShape(before=False, after=False, descending=True, rows=rows))

    def fetch(self, shape: WindowShape, before: int | None = None, after: int | None = None) -> Sequence[Row]:
        """The posts of the window; the last column is the id."""
        return self._run(_statement, shape, before, after)

    def read(self, ids: Sequence[int]) -> list[PostRow]:
        """These posts in this order, except those that were deleted meanwhile."""
        values = {name: value for name, value in self._values.items() if name == VIEWER.key}
        rows = run(self._session, _posts(self._signed_in), ids=[(id_,) for id_ in ids], **values)
        return [PostRow(*row[:-1]) for row in rows]

    def _run(
        self,
        build: Callable[[Dialect, _Words, WindowShape], Statement],
        shape: WindowShape,
        before: int | None = None,
        after: int | None = None,
    ) -> Sequence[Row]:
        oldest, newest = self._bounds
        top = newest if before is None else min(newest, before - 1)
        bottom = oldest if after is None else max(oldest, after + 1)
        if not self._is_possible or bottom > top:
            return []
        match = self._match
        values = {"bottom": bottom, "top": top, **self._values}
        if match.wanted:
            values |= values_of(match, bottom=bottom, top=top, descending=shape.descending)
        elif match.unwanted:
            values["unwanted"] = match.unwanted
        # The cursor is already part of the bounds, which are always parameters.
        statement = build(current_dialect(), self._words(), replace(shape, before=False, after=False))
        return run(self._session, statement, **values)

    def _words(self) -> _Words:
        query, match = self._query, self._match
        return _Words(
            filters=self._filters,
            signed_in=self._signed_in,
            wants=bool(match.wanted),
            excludes=bool(match.unwanted) and not match.wanted,
            since=query.after is not None,
            until=query.before is not None,
            by_name=bool(query.authors),
        )

    def _find_bounds(self) -> tuple[int, int]:
        """Bounds of the matching ids, by date. There may be other posts between them."""
        # In separate statements: for both at once SQLite would scan the table.
        bottom, top = (self._session.scalar(select(end(Post.id))) or 0 for end in (func.min, func.max))
        if self._query.after is not None:
            self._values["since"] = self._query.after
            bottom = max(bottom, first_id_since(self._session, self._query.after))
        if self._query.before is not None:
            self._values["until"] = self._query.before
            top = min(top, last_id_until(self._session, self._query.before))
        return bottom, top


def find_ids(session: Session, names: set[str]) -> dict[str, int]:
    """The ids of the users that exist, by lower-case name."""
    if not names:
        return {}
    name = func.lower(User.username)
    return dict(session.execute(select(name, col(User.id)).where(name.in_(names))).all())


@lru_cache(maxsize=KEPT_SHAPES)
def _statement(_: Dialect, words: _Words, shape: WindowShape) -> Statement:
    page = _found(words, shape, with_words=False).subquery("page")
    posts = select_posts(words.signed_in).join(page, page.c.id == Post.id)
    return Statement(shape.sort(posts, col(Post.id)), prepared=False)


@lru_cache(maxsize=KEPT_SHAPES)
def _candidates(_: Dialect, words: _Words, shape: WindowShape) -> Statement:
    return Statement(_found(words, shape, with_words=True), prepared=False)


@prepared_statement
def _posts(signed_in: bool) -> Selection:
    ids = given("ids", "id")
    posts = select_posts(signed_in).join(ids, ids.c.id == Post.id)
    return posts.where(IS_LISTED).order_by(ids.c.position)


def _found(words: _Words, shape: WindowShape, *, with_words: bool) -> Selection:
    find = _matching if words.wants else _others
    return find(words, shape, with_words=with_words)


def _matching(words: _Words, shape: WindowShape, *, with_words: bool) -> Selection:
    shown = visible_posts(search_index().c, words.signed_in, even_muted=words.by_name)
    conditions = [_is_between(search_index().c.post_id), shown]
    if of_post := _conditions(words):
        conditions.append(is_there(col(Post.id) == search_index().c.post_id, *of_post))
    return select_matching(shape, *conditions, with_words=with_words)


def _others(words: _Words, shape: WindowShape, *, with_words: bool) -> Selection:
    """For queries without wanted terms: all posts that do not match the unwanted ones. All rank equally."""
    columns: list[Column] = [col(Post.id).label("id")]
    if with_words:
        columns.append(literal_column("''").label("words"))
    wanted = select(*columns).where(IS_LISTED, _is_between(Post.id), visible_posts(Post, words.signed_in))
    if words.excludes:
        wanted = wanted.where(~is_unwanted(Post.id))
    return shape.of(wanted.where(*_conditions(words)), col(Post.id))


def _conditions(words: _Words) -> list[ColumnElement[bool]]:
    """Conditions on the row of the post. With wanted terms, the index itself selects top-level posts."""
    has_replies = col(Post.replies_count) > literal_column("0")
    time = UTCDateTime()
    chosen = [
        (words.filters.top_level and not words.wants, IS_TOP_LEVEL),
        (words.filters.has_replies is True, has_replies),
        (words.filters.has_replies is False, ~has_replies),
        (words.since, col(Post.date) >= bindparam("since", type_=time)),
        (words.until, col(Post.date) < bindparam("until", type_=time)),
    ]
    return [condition for is_asked, condition in chosen if is_asked]


def _is_between(post_id: Column) -> ColumnElement[bool]:
    bottom, top = (bindparam(name, type_=BigInteger) for name in ("bottom", "top"))
    is_between: ColumnElement[bool] = (post_id >= bottom) & (post_id <= top)
    return is_between
