"""The full-text indexes and their query languages: FTS5 of SQLite, tsvector of PostgreSQL.

Both index words unchanged; words must not contain quotes. `pamps.text.tokenizer` splits text into words.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    literal_column,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

# A word with its positions, in the text form of a tsvector (PostgreSQL, 8.11.1). Marks have no positions.
PLACED = re.compile(r"'([^']+)':([0-9,]+)")


class FullText(Protocol):
    """A full-text index. Marks are index words that cannot occur in text, such as `@17` for an author."""

    # Whether matches are returned in id order, so that reading can stop when a page is full.
    is_ordered: bool

    def columns(self, key: str) -> Sequence[Column[Any]]:
        """The columns of the index table: the id of the row, under the name `key`, and its words."""

    def document(self, words: Iterable[str], marks: Iterable[str]) -> str:
        """The index entry of a text: its words in order, and marks."""

    def read_words(self, document: str) -> list[str]:
        """The words of an index entry in order, without its marks."""

    def phrase(self, words: Iterable[str], *, prefix: bool = False) -> str:
        """A query for consecutive words; with `prefix`, the last one matches as a prefix."""

    def all_of(self, conditions: Iterable[str]) -> str:
        """A query that requires all of these."""

    def any_of(self, conditions: Iterable[str]) -> str:
        """A query that requires at least one of these."""

    def without(self, wanted: str, unwanted: str) -> str:
        """A query that requires `wanted` and excludes `unwanted`, which may be ""."""

    def matches(self, index: Table, value: str) -> ColumnElement[bool]:
        """Whether a row of the index matches the query in the parameter `value`."""


class Fts5:
    """A virtual table of SQLite; matches are ordered by id."""

    is_ordered = True

    def columns(self, key: str) -> Sequence[Column[Any]]:
        return Column("rowid", Integer, key=key), Column("words", Text)

    def document(self, words: Iterable[str], marks: Iterable[str]) -> str:
        return " ".join((*words, *marks))

    def read_words(self, document: str) -> list[str]:
        return [word for word in document.split() if word[0] not in "@#"]

    def phrase(self, words: Iterable[str], *, prefix: bool = False) -> str:
        return f'"{" ".join(words)}"' + "*" * prefix

    def all_of(self, conditions: Iterable[str]) -> str:
        return " AND ".join(conditions)

    def any_of(self, conditions: Iterable[str]) -> str:
        return " OR ".join(conditions)

    def without(self, wanted: str, unwanted: str) -> str:
        return f"({wanted})" + (f" NOT ({unwanted})" if unwanted else "")

    def matches(self, index: Table, value: str) -> ColumnElement[bool]:
        return literal_column(index.name).op("MATCH", is_comparison=True)(bindparam(value, type_=Text))


class TsVector:
    """A table of PostgreSQL with a GIN index; matches are not ordered."""

    is_ordered = False

    def columns(self, key: str) -> Sequence[Column[Any]]:
        return Column(key, BigInteger), Column("words", TSVECTOR)

    def document(self, words: Iterable[str], marks: Iterable[str]) -> str:
        places: dict[str, list[str]] = defaultdict(list)
        for place, word in enumerate(words, 1):
            places[word].append(str(place))
        placed = (f"'{word}':{','.join(found)}" for word, found in places.items())
        return " ".join((*placed, *(f"'{mark}'" for mark in marks)))

    def read_words(self, document: str) -> list[str]:
        found = PLACED.findall(document)
        placed = ((word, int(place)) for word, places in found for place in places.split(","))
        return [word for word, _ in sorted(placed, key=lambda pair: pair[1])]

    def phrase(self, words: Iterable[str], *, prefix: bool = False) -> str:
        return "(" + " <-> ".join(f"'{word}'" for word in words) + ":*" * prefix + ")"

    def all_of(self, conditions: Iterable[str]) -> str:
        return " & ".join(conditions)

    def any_of(self, conditions: Iterable[str]) -> str:
        return " | ".join(conditions)

    def without(self, wanted: str, unwanted: str) -> str:
        return f"({wanted})" + (f" & !({unwanted})" if unwanted else "")

    def matches(self, index: Table, value: str) -> ColumnElement[bool]:
        return index.c.words.op("@@", is_comparison=True)(cast(bindparam(value, type_=Text), TSQUERY))
