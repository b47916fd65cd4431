"""Reads the complete search index of a database."""

from typing import Any

from sqlalchemy import Connection, text

from pamps.models.search_index import search_index

POST_ID = search_index().c.post_id.name
QUERIES = {
    "index": f"SELECT {POST_ID}, CAST(words AS text), user_id FROM search_index",  # noqa: S608 - our own name
    # Without ids, which do not matter, and without tags that are never shown.
    "tags": "SELECT name, folded, uses FROM tag WHERE uses <> 0",
    "posts of tags": "SELECT post_id, name, user_id FROM post_tag JOIN tag ON tag.id = tag_id",
}


def read_index(connection: Connection) -> dict[str, list[Any]]:
    """Every row, sorted."""
    return {name: sorted(map(tuple, connection.execute(text(query)))) for name, query in QUERIES.items()}
