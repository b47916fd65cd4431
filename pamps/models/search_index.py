"""The search index: the tokens of every post that is not deleted.

It is not a SQLModel table: it is a table with a GIN index on PostgreSQL and an FTS5 virtual table on SQLite,
created by migrations. Both store tokens as given: only pamps.text.tokenizer decides what a token is.
"""

import re

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from pamps.db.prepared import IS_SQLITE

if IS_SQLITE:
    _COLUMNS = (Column("rowid", Integer, key="post_id"), Column("words", Text))
else:
    _COLUMNS = (Column("post_id", BigInteger), Column("words", TSVECTOR))
SEARCH_INDEX = Table("search_index", MetaData(), *_COLUMNS, Column("user_id", BigInteger))

# On PostgreSQL, post ids are divided into blocks, and the blocks of a post are among its tokens: so a search
# finds the newest posts with a token first, however many have it. Each size is eight times the one before.
BLOCK_BITS = (11, 14, 17, 20)
# A lexeme with its positions, in the text form of a tsvector (PostgreSQL, 8.11.1). Marks have no positions.
PLACED = re.compile(r"'([^']+)':([0-9,]+)")


# The mark of top-level posts. The tokenizer never produces `@` or `#`, so no text can contain a mark.
TOP_LEVEL_WORD = "@top"


def read_words(indexed: str) -> list[str]:
    """The tokens of an index entry in text order, without its marks."""
    if IS_SQLITE:
        return [word for word in indexed.split() if word[0] not in "@#"]
    placed = ((word, int(place)) for word, places in PLACED.findall(indexed) for place in places.split(","))
    return [word for word, _ in sorted(placed, key=lambda pair: pair[1])]


def author_word(user_id: int) -> str:
    """The mark of posts by this author."""
    return f"@{user_id}"


def tag_word(tag: str) -> str:
    """The mark of posts with this tag."""
    return f"#{tag}"


def block_word(bits: int, post_id: int) -> str:
    """The mark of posts in the block of this id."""
    return f"@{bits}:{post_id >> bits}"
