"""What has to hold in a database whatever many people did in it at the same moment."""

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection, create_engine, text

from pamps.text.entities import find_mentions, find_tags

COUNTS = {
    "user": {
        "posts": "SELECT user_id FROM post WHERE NOT deleted",
        "followers": "SELECT followed_id FROM social",
        "following": "SELECT follower_id FROM social",
    },
    "post": {
        "likes": 'SELECT post_id FROM "like"',
        "replies_count": "SELECT parent_id FROM post WHERE parent_id IS NOT NULL AND NOT deleted",
    },
    "tag": {"uses": "SELECT tag_id FROM post_tag"},
}


def assert_sound(uri: str) -> None:
    """Every count, every notification, every tag and the search index agree with what is there."""
    engine = create_engine(uri)
    with engine.connect() as connection:
        _check_counts(connection)
        _check_texts(connection)
        _check_notifications(connection)
        _check_blocks(connection)
    engine.dispose()


def _rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(statement))]


def _check_counts(connection: Connection) -> None:
    for table, columns in COUNTS.items():
        for column, statement in columns.items():
            counted = Counter(row[0] for row in _rows(connection, statement))
            for row_id, count in _rows(connection, f'SELECT id, {column} FROM "{table}"'):  # noqa: S608
                assert count == counted[row_id], f"{table}.{column} of {row_id}"


def _check_texts(connection: Connection) -> None:
    """The living posts are the index, and have the tags of their texts; deleted ones have nothing."""
    texts = dict(_rows(connection, "SELECT id, text FROM post WHERE NOT deleted"))
    key = "rowid" if connection.dialect.name == "sqlite" else "post_id"
    indexed = [post_id for (post_id,) in _rows(connection, f"SELECT {key} FROM search_index")]  # noqa: S608
    assert sorted(indexed) == sorted(texts)
    tags = defaultdict(set)
    pairs = "SELECT post_id, name FROM post_tag JOIN tag ON tag.id = tag_id"
    for post_id, name in _rows(connection, pairs):
        tags[post_id].add(name)
    assert tags == {post_id: set(found) for post_id, body in texts.items() if (found := find_tags(body))}


def _check_notifications(connection: Connection) -> None:
    """People are told of exactly what there is, but for posts that mention somebody and reply to them, which
    are told of once."""
    names = {name.lower(): user_id for user_id, name in _rows(connection, 'SELECT id, username FROM "user"')}
    posts = _rows(connection, "SELECT id, user_id, parent_id, text FROM post WHERE NOT deleted")
    authors = dict(_rows(connection, "SELECT id, user_id FROM post"))
    causes = {
        (authors[post_id], "like", actor, post_id)
        for actor, post_id in _rows(connection, 'SELECT user_id, post_id FROM "like"')
    }
    causes |= {
        (followed, "follow", follower, None)
        for follower, followed in _rows(connection, "SELECT follower_id, followed_id FROM social")
    }
    for post_id, author, parent_id, body in posts:
        replied_to = authors.get(parent_id)
        mentioned = {names[name] for name in find_mentions(body) if name in names} - {replied_to}
        causes |= {(user_id, "mention", author, post_id) for user_id in mentioned}
        if replied_to:
            causes.add((replied_to, "reply", author, post_id))
    told = _rows(connection, "SELECT user_id, type, actor_id, post_id FROM notification")
    assert len(told) == len(set(told))
    assert set(told) == {cause for cause in causes if cause[0] != cause[2]}


def _check_blocks(connection: Connection) -> None:
    """A block is a row each way, and nobody follows across it."""
    hidings = _rows(connection, "SELECT kind, user_id, hidden_id FROM hiding")
    blocks = {(user, hidden) for kind, user, hidden in hidings if kind == "block"}
    assert {(hidden, user) for kind, user, hidden in hidings if kind == "blocked"} == blocks
    follows = set(_rows(connection, "SELECT follower_id, followed_id FROM social"))
    assert not follows & (blocks | {(hidden, user) for user, hidden in blocks})
