"""Search, and the filters of the feed: posts chosen by words, tags, authors and dates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, literal_column, select
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.db import current_dialect
from pamps.db.prepared import Row, Statement, prepared_statement, run
from pamps.http.pagination import Page, Sort, Window
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.search import PostHit, SearchSort, SearchType
from pamps.models.search_index import search_index
from pamps.models.tag import TagResponse
from pamps.models.user import Person, User, UserResponse, Viewer
from pamps.presenters.remembered import Json, json_list
from pamps.queries.clauses import VIEWER, as_value, first_id_since, given, is_there, last_id_until
from pamps.queries.match import Match, is_unwanted, match_of, select_matching, values_of
from pamps.queries.post import POST_FIELDS, render_post, select_posts
from pamps.queries.tag import list_tags
from pamps.queries.user import find_people
from pamps.queries.visibility import is_visible
from pamps.text.search_query import SearchQuery, parse
from pamps.text.snippets import score, snippet

# So many of the newest posts that match are ranked. More would take longer, and be older.
RANKED = 200
TEXT_PLACE = POST_FIELDS.index("text")
# Statements that are kept: what can be asked has more shapes than anybody asks.
KEPT_SHAPES = 64
TAGS = TypeAdapter(list[TagResponse])


@dataclass(frozen=True)
class Filters:
    """Which posts are wanted beside those that match: all of them, or only those that begin a thread, and of
    these perhaps those that somebody replied to, or nobody."""

    top_level: bool = False
    has_replies: bool | None = None


EVERY_POST = Filters()


@dataclass(frozen=True)
class _Shape:
    """What the words of a statement depend on."""

    filters: Filters
    signed_in: bool
    wants: bool
    excludes: bool
    since: bool
    until: bool
    # Whether somebody asked for the posts of certain people, whom they may have muted.
    by_name: bool


def search_posts(
    session: Session, viewer: Person | None, page: Page, query: SearchQuery, sort: SearchSort
) -> Json[list[PostHit]]:
    """Posts and replies that match, each with the stretch of its text that does; nothing for no question.

    By rank, these are the newest RANKED of them, those that fit best first, newer ones first among equals.
    """
    rows: Sequence[Row] = []
    if not query.is_empty:
        finder = PostSearch(session, viewer, query, EVERY_POST)
        if sort is SearchSort.RANK:
            ranked = page.fetch_with(Ranking(finder.newest(RANKED), query).fetch, Sort.NEWEST_FIRST)
            rows = finder.read([post_id for (post_id,) in ranked])
        else:
            rows = page.fetch_with(finder.fetch, Sort(sort.value))
    return Json(json_list(_render_hit(row, query) for row in rows))


def search(
    session: Session, viewer: Viewer | None, page: Page, typed: str, type_: SearchType, sort: SearchSort
) -> Json[list[PostHit] | list[UserResponse] | list[TagResponse]]:
    """What somebody looks for: posts, people or tags."""
    if type_ is SearchType.USERS:
        return Json(find_people(session, viewer, typed, page.limit).content)
    if type_ is SearchType.TAGS:
        tags = list_tags(session, typed, page.limit) if typed.strip() else []
        return Json(TAGS.dump_json(tags))
    return Json(search_posts(session, viewer, page, parse(typed), sort).content)


def list_filtered(
    session: Session, viewer: Person | None, page: Page, query: SearchQuery, filters: Filters, sort: Sort
) -> Json[list[PostResponse]]:
    """Posts that match and pass the filters, in order of their ids."""
    rows = page.fetch_with(PostSearch(session, viewer, query, filters).fetch, sort)
    return Json(json_list(render_post(row[:-1]) for row in rows))


def _render_hit(row: Row, query: SearchQuery) -> bytes:
    return render_post(row[:-1])[:-1] + b',"snippet":' + to_json(snippet(query, row[TEXT_PLACE])) + b"}"


class Ranking:
    """The ids of posts in the order of how well they fit, with the pages of it. A page after a post that is
    not among them any more is empty."""

    def __init__(self, found: Sequence[Row], query: SearchQuery) -> None:
        # They come newest first, and sorting keeps that among equals.
        best = sorted(found, key=lambda row: -score(query, current_dialect().full_text.read_words(row[1])))
        self._rows: list[Row] = [(post_id,) for post_id, _ in best]
        self._places = {post_id: place for place, (post_id,) in enumerate(self._rows)}

    def fetch(self, window: Window, before: int | None = None, after: int | None = None) -> Sequence[Row]:
        """The rows between two posts, nearest to the one that the page begins at first."""
        end = len(self._rows)
        start = 0 if before is None else self._places.get(before, end) + 1
        stop = end if after is None else self._places.get(after, 0)
        between = self._rows[start:stop]
        return (between if window.descending else between[::-1])[: window.rows]


class PostSearch:
    """Finds the posts of one search as a viewer sees them."""

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
        """The ids of so many posts at most, newest first, and what the index has of each. It has read that
        anyway; the posts themselves would be as much again."""
        return self._run(_candidates, Window(before=False, after=False, descending=True, rows=rows))

    def fetch(self, window: Window, before: int | None = None, after: int | None = None) -> Sequence[Row]:
        """The posts of a window; the last column is the id."""
        return self._run(_statement, window, before, after)

    def read(self, ids: Sequence[int]) -> list[Row]:
        """These posts in this order, as far as they are still there; the last column is the id."""
        values = {name: value for name, value in self._values.items() if name == VIEWER.key}
        return run(self._session, _posts(self._signed_in), ids=[(id_,) for id_ in ids], **values)

    def _run(
        self,
        build: Callable[[_Shape, Window], Statement],
        window: Window,
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
            values |= values_of(match, bottom=bottom, top=top, descending=window.descending)
        elif match.unwanted:
            values["unwanted"] = match.unwanted
        # The bounds are values here, because there are others as well.
        statement = build(self._shape(), replace(window, before=False, after=False))
        return run(self._session, statement, **values)

    def _shape(self) -> _Shape:
        query, match = self._query, self._match
        return _Shape(
            filters=self._filters,
            signed_in=self._signed_in,
            wants=bool(match.wanted),
            excludes=bool(match.unwanted) and not match.wanted,
            since=query.after is not None,
            until=query.before is not None,
            by_name=bool(query.authors),
        )

    def _find_bounds(self) -> tuple[int, int]:
        """Ids that the posts are between, by their dates; there may be others between them, too."""
        # One by one: for both at once SQLite would go through all of them.
        bottom, top = (self._session.scalar(select(end(Post.id))) or 0 for end in (func.min, func.max))
        if self._query.after is not None:
            self._values["since"] = self._query.after
            bottom = max(bottom, first_id_since(self._session, self._query.after))
        if self._query.before is not None:
            self._values["until"] = self._query.before
            top = min(top, last_id_until(self._session, self._query.before))
        return bottom, top


def find_ids(session: Session, names: set[str]) -> dict[str, int]:
    """The ids of those who are there, by their names in lower case."""
    if not names:
        return {}
    name = func.lower(User.username)
    return dict(session.execute(select(name, col(User.id)).where(name.in_(names))).all())


@lru_cache(maxsize=KEPT_SHAPES)
def _statement(shape: _Shape, window: Window) -> Statement:
    page = _found(shape, window, with_words=False).subquery("page")
    posts = select_posts(shape.signed_in).join(page, page.c.id == Post.id)
    return Statement(window.sort(posts, col(Post.id)), prepared=False)


@lru_cache(maxsize=KEPT_SHAPES)
def _candidates(shape: _Shape, window: Window) -> Statement:
    return Statement(_found(shape, window, with_words=True), prepared=False)


@prepared_statement
def _posts(signed_in: bool) -> Select[Any]:
    ids = given("ids", "id")
    posts = select_posts(signed_in).join(ids, ids.c.id == Post.id)
    return posts.where(IS_LISTED).order_by(ids.c.position)


def _found(shape: _Shape, window: Window, *, with_words: bool) -> Select[Any]:
    find = _matching if shape.wants else _others
    return find(shape, window, with_words=with_words)


def _matching(shape: _Shape, window: Window, *, with_words: bool) -> Select[Any]:
    shown = is_visible(search_index().c.user_id, shape.signed_in, even_muted=shape.by_name)
    conditions = [_is_between(search_index().c.post_id), shown]
    if of_post := _conditions(shape):
        conditions.append(is_there(col(Post.id) == search_index().c.post_id, *of_post))
    return select_matching(window, *conditions, with_words=with_words)


def _others(shape: _Shape, window: Window, *, with_words: bool) -> Select[Any]:
    """Without any word that is wanted: of all posts, those that have no unwanted one. None fits better."""
    words: list[Any] = [literal_column("''").label("words")] if with_words else []
    ids: Select[Any] = select(col(Post.id).label("id"), *words)
    wanted = ids.where(IS_LISTED, _is_between(Post.id), is_visible(Post.user_id, shape.signed_in))
    if shape.excludes:
        wanted = wanted.where(~is_unwanted(Post.id))
    return window.of(wanted.where(*_conditions(shape)), col(Post.id))


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    """What only the row of a post tells. If words are wanted, the index tells which posts begin a thread."""
    has_replies = col(Post.replies_count) > literal_column("0")
    time = UTCDateTime()
    chosen = [
        (shape.filters.top_level and not shape.wants, IS_TOP_LEVEL),
        (shape.filters.has_replies is True, has_replies),
        (shape.filters.has_replies is False, ~has_replies),
        (shape.since, col(Post.date) >= bindparam("since", type_=time)),
        (shape.until, col(Post.date) < bindparam("until", type_=time)),
    ]
    return [condition for is_asked, condition in chosen if is_asked]


def _is_between(post_id: Any) -> ColumnElement[bool]:
    bottom, top = (bindparam(name, type_=BigInteger) for name in ("bottom", "top"))
    is_between: ColumnElement[bool] = (post_id >= bottom) & (post_id <= top)
    return is_between
