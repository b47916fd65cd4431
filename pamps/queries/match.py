"""Full-text matching: translates a search into the syntax of the index, and selects the first matching ids.

A common token matches a large part of all posts, too many to read for one page. SQLite's FTS5 returns rows in
id order, so it stops when the page is full. PostgreSQL's GIN index is unordered: it is searched in one block
of ids first (see pamps.models.search_index), then in larger blocks, and in all posts only if these have too
few. So the cost of a page does not depend on the number of matching posts.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, func, literal_column, select, union

from pamps.db import current_dialect
from pamps.db.window import WindowShape
from pamps.models.search_index import (
    BLOCK_BITS,
    TOP_LEVEL_WORD,
    author_word,
    block_word,
    search_index,
    tag_word,
)
from pamps.queries.clauses import Column, Selection
from pamps.text.search_query import SearchQuery, Term


class Match(NamedTuple):
    """What a post must match and must not match, each in the syntax of the index, "" for nothing."""

    wanted: str
    unwanted: str


def match_of(query: SearchQuery, authors: dict[str, int], *, top_level: bool) -> Match:
    """Translate a query; with `top_level`, required terms match only top-level posts. `authors` maps the
    authors that the query names to their ids, and must include all required ones."""
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
    """The parameters of `select_matching` for ids from `bottom` to `top`."""
    full_text = current_dialect().full_text
    asked = full_text.without(match.wanted, match.unwanted)
    if full_text.is_ordered:
        return {"match": asked}
    start, following = (top, -1) if descending else (bottom, 1)
    # A block and its neighbour, which cover at least one block's worth of ids from any start.
    blocks = [[block_word(bits, start), block_word(bits, start + (following << bits))] for bits in BLOCK_BITS]
    steps = [full_text.all_of((asked, f"({full_text.any_of(_marks(pair))})")) for pair in blocks]
    return {f"match{number}": step for number, step in enumerate((*steps, asked))}


def select_matching(shape: WindowShape, *conditions: ColumnElement[bool], with_words: bool) -> Selection:
    """The ids of the matching posts in the window, in its order, optionally with their words from the index.
    The conditions refer to `search_index()`."""
    index = search_index().c
    words = [index.words.label("words")] if with_words else []
    matching: Selection = select(index.post_id.label("id"), *words)
    if current_dialect().full_text.is_ordered:
        return shape.of(matching.where(_matches("match"), *conditions), index.post_id)
    steps: list[CTE] = []
    for number in range(len(BLOCK_BITS) + 1):
        # Materialised, so that PostgreSQL uses the GIN index instead of checking each post in id order.
        found = matching.where(_matches(f"match{number}"), *conditions).cte(f"found{number}")
        found = found.prefix_with("MATERIALIZED", dialect="postgresql")
        too_few = [_count(step) < shape.limit for step in steps]
        steps.append(shape.of(select(found).where(*too_few), found.c.id).cte(f"step{number}"))
    every = union(*map(select, steps)).subquery()
    return shape.of(select(every), every.c.id)


def is_unwanted(post_id: Column) -> ColumnElement[bool]:
    """Whether a post matches the parameter `unwanted`."""
    same: Selection = select(literal_column("1")).where(
        search_index().c.post_id == post_id, _matches("unwanted")
    )
    return same.scalar_subquery().is_not(None)


def _matches(name: str) -> ColumnElement[bool]:
    return current_dialect().full_text.matches(search_index(), name)


def _count(step: CTE) -> Any:
    return select(func.count()).select_from(step).scalar_subquery()
