"""Posts by their words: what is searched, in the language of the search index, and the first ids there.

A common word is in a large part of all posts, and nobody wants to wait for all of them. FTS5 of SQLite gives
rows in order of id, so it stops where the page is full. The GIN index of PostgreSQL has no order: there it is
asked for the posts in a block of ids first (see pamps.models.search_index), then in larger ones, and for all
only if these had too few. So a page costs the same however many posts have the word.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, func, literal_column, select, union

from pamps.db import current_dialect
from pamps.http.pagination import Window
from pamps.models.search_index import (
    BLOCK_BITS,
    TOP_LEVEL_WORD,
    author_word,
    block_word,
    search_index,
    tag_word,
)
from pamps.text.search_query import SearchQuery, Term


class Match(NamedTuple):
    """What the index is asked: what a post must have, and what it must not, each in the language of the
    index, and "" for nothing."""

    wanted: str
    unwanted: str


def match_of(query: SearchQuery, authors: dict[str, int], *, top_level: bool) -> Match:
    """What a search asks of the index, if anything only posts that begin a thread. `authors` are the ids of
    those named in it; there must be one for each that is wanted."""
    wanted = [author_word(authors[name]) for name in query.authors] + list(map(tag_word, query.tags))
    if top_level and (wanted or query.wanted):
        wanted.append(TOP_LEVEL_WORD)
    unwanted = [author_word(authors[name]) for name in query.unwanted_authors if name in authors]
    unwanted += map(tag_word, query.unwanted_tags)
    return Match(
        current_dialect().full_text.all_of(_phrases(query.wanted) + _marks(wanted)),
        current_dialect().full_text.any_of(_phrases(query.unwanted) + _marks(unwanted)),
    )


def _phrases(terms: Iterable[Term]) -> list[str]:
    full_text = current_dialect().full_text
    return [full_text.phrase(term.words, prefix=term.prefix) for term in terms]


def _marks(words: Iterable[str]) -> list[str]:
    full_text = current_dialect().full_text
    return [full_text.phrase([word]) for word in words]


def values_of(match: Match, *, bottom: int, top: int, descending: bool) -> dict[str, str]:
    """The values of `select_matching` for ids from `bottom` to `top`."""
    full_text = current_dialect().full_text
    asked = full_text.without(match.wanted, match.unwanted)
    if full_text.is_ordered:
        return {"match": asked}
    start, following = (top, -1) if descending else (bottom, 1)
    # A block and its neighbour: so there are as many ids as a block has, wherever in its block the first is.
    blocks = [[block_word(bits, start), block_word(bits, start + (following << bits))] for bits in BLOCK_BITS]
    steps = [full_text.all_of((asked, f"({full_text.any_of(_marks(pair))})")) for pair in blocks]
    return {f"match{number}": step for number, step in enumerate((*steps, asked))}


def select_matching(window: Window, *conditions: ColumnElement[bool], with_words: bool) -> Select[Any]:
    """The ids of the posts in the window that match, in its order, and if wanted their words as they are in
    the index; the conditions are about `search_index()`."""
    index = search_index().c
    words = [index.words.label("words")] if with_words else []
    matching: Select[Any] = select(index.post_id.label("id"), *words)
    if current_dialect().full_text.is_ordered:
        return window.of(matching.where(_matches("match"), *conditions), index.post_id)
    steps: list[CTE] = []
    for number in range(len(BLOCK_BITS) + 1):
        # Only so PostgreSQL asks the index of words, and not each post in order of id.
        found = matching.where(_matches(f"match{number}"), *conditions).cte(f"found{number}")
        found = found.prefix_with("MATERIALIZED", dialect="postgresql")
        too_few = [_count(step) < window.limit for step in steps]
        steps.append(window.of(select(found).where(*too_few), found.c.id).cte(f"step{number}"))
    every = union(*map(select, steps)).subquery()
    return window.of(select(every), every.c.id)


def is_unwanted(post_id: Any) -> ColumnElement[bool]:
    """Whether a post has anything that is not wanted; the value is `unwanted`."""
    same: Select[Any] = select(literal_column("1")).where(
        search_index().c.post_id == post_id, _matches("unwanted")
    )
    return same.scalar_subquery().is_not(None)


def _matches(name: str) -> ColumnElement[bool]:
    return current_dialect().full_text.matches(search_index(), name)


def _count(step: CTE) -> Any:
    return select(func.count()).select_from(step).scalar_subquery()
