"""The search index: the words of each post that is not deleted, by which posts are found.

It is none of the models: on PostgreSQL it is a table with a GIN index, on SQLite a virtual table (FTS5), and
migrations make it. What the two are asked, and in which language, is in `pamps.db.full_text`.
"""

from functools import cache

from sqlalchemy import BigInteger, Column, MetaData, Table

from pamps.db.database import current_dialect
from pamps.db.dialect import Dialect

NAME = "search_index"

# On PostgreSQL the ids of posts are cut into blocks, and the blocks of a post are words of it: so a search
# finds the newest posts with a word first, however many have it. Each kind has blocks eight times as large.
BLOCK_BITS = (11, 14, 17, 20)
# What posts that begin a thread have as a word. People cannot write such words.
TOP_LEVEL_WORD = "@top"


def search_index() -> Table:
    """The table of the database in use."""
    return _table(current_dialect())


@cache
def _table(dialect: Dialect) -> Table:
    return Table(NAME, MetaData(), *dialect.full_text.columns("post_id"), Column("user_id", BigInteger))


def author_word(user_id: int) -> str:
    """What posts of this author have as a word."""
    return f"@{user_id}"


def tag_word(tag: str) -> str:
    """What posts with this tag have as a word."""
    return f"#{tag}"


def block_word(bits: int, post_id: int) -> str:
    """What posts of the block of this id have as a word."""
    return f"@{bits}:{post_id >> bits}"
