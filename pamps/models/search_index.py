"""The search index: the words of each post that is not deleted, by which posts are found.

It is none of the models: on PostgreSQL it is a table with a GIN index, on SQLite a virtual table (FTS5), and
migrations make it. Both take words as they are given: pamps.text.tokenizer alone decides what a word is.
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

# On PostgreSQL the ids of posts are cut into blocks, and the blocks of a post are words of it: so a search
# finds the newest posts with a word first, however many have it. Each kind has blocks eight times as large.
BLOCK_BITS = (11, 14, 17, 20)
# A word with its places, in the text form of a tsvector (PostgreSQL, 8.11.1). Marks have no places.
PLACED = re.compile(r"'([^']+)':([0-9,]+)")


# What posts that begin a thread have as a word. People cannot write such words.
TOP_LEVEL_WORD = "@top"


def read_words(indexed: str) -> list[str]:
    """The words of a post in their order, out of what the index has of it; without its marks."""
    if IS_SQLITE:
        return [word for word in indexed.split() if word[0] not in "@#"]
    placed = ((word, int(place)) for word, places in PLACED.findall(indexed) for place in places.split(","))
    return [word for word, _ in sorted(placed, key=lambda pair: pair[1])]


def author_word(user_id: int) -> str:
    """What posts of this author have as a word."""
    return f"@{user_id}"


def tag_word(tag: str) -> str:
    """What posts with this tag have as a word."""
    return f"#{tag}"


def block_word(bits: int, post_id: int) -> str:
    """What posts of the block of this id have as a word."""
    return f"@{bits}:{post_id >> bits}"
