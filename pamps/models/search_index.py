"""The search index: the words of each post that is not deleted, by which posts are found.

It is none of the models: on PostgreSQL it is a table with a GIN index, on SQLite a virtual table (FTS5), and
migrations make it. What the two are asked, and in which language, is in `pamps.db.full_text`.
"""

from functools import cache

from sqlalchemy import BigInteger, Column, MetaData, Table

from pamps.db.database import current_dialect
from pamps.db.dialect import Dialect

NAME = "search_index"

# On PostgreSQL, post ids are divided into blocks, and the blocks of a post are among its tokens: so a search
# finds the newest posts with a token first, however many have it. Each size is eight times the one before.
BLOCK_BITS = (11, 14, 17, 20)
# The mark of top-level posts. The tokenizer never produces `@` or `#`, so no text can contain a mark.
TOP_LEVEL_WORD = "@top"


def search_index() -> Table:
    """The table of the database in use."""
    return _table(current_dialect())


@cache
def _table(dialect: Dialect) -> Table:
    return Table(NAME, MetaData(), *dialect.full_text.columns("post_id"), Column("user_id", BigInteger))


def author_word(user_id: int) -> str:
    """The mark of posts by this author."""
    return f"@{user_id}"


def tag_word(tag: str) -> str:
    """The mark of posts with this tag."""
    return f"#{tag}"


def block_word(bits: int, post_id: int) -> str:
    """The mark of posts in the block of this id."""
    return f"@{bits}:{post_id >> bits}"
