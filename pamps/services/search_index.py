"""Updating the search index in the transaction that changes a post."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert
from sqlmodel import Session

from pamps.db import current_dialect
from pamps.db.prepared import prepared_statement, run
from pamps.models.search_index import (
    BLOCK_BITS,
    TOP_LEVEL_WORD,
    author_word,
    block_word,
    search_index,
    tag_word,
)
from pamps.models.types import BigId
from pamps.services.locking import change
from pamps.services.tag import Tagging, retag_posts, tag_post, untag_posts
from pamps.text.entities import find_tags
from pamps.text.tokenizer import plain_words


class Text(NamedTuple):
    """The text of a post, with what the index needs to know of the post."""

    post_id: int
    user_id: int
    text: str
    is_reply: bool


def index_post(session: Session, text: Text) -> None:
    """Add a new post to the index by its tokens, its tags and its author.

    Call it at the end of a transaction: other writers that use the same tags wait until the commit.
    """
    tagging = _tagging(text)
    run(session, _insert(), **index_row(text, tagging.names))
    tag_post(session, tagging)


def reindex_posts(session: Session, texts: Collection[Text]) -> None:
    """Replace the index entries and tags of posts. Call it at the end of a transaction, too."""
    taggings = [_tagging(text) for text in texts]
    _forget(session, [text.post_id for text in texts])
    rows = [index_row(text, tags.names) for text, tags in zip(texts, taggings, strict=True)]
    if rows:
        session.execute(insert(search_index()).values(_values()), rows)
    retag_posts(session, taggings)


def unindex_posts(session: Session, post_ids: Collection[int]) -> None:
    """Remove posts and their tags from the index."""
    _forget(session, post_ids)
    untag_posts(session, post_ids)


def _forget(session: Session, post_ids: Collection[int]) -> None:
    index = search_index()
    change(session, delete(index).where(index.c.post_id.in_(post_ids)))


def _tagging(text: Text) -> Tagging:
    return Tagging(text.post_id, text.user_id, find_tags(text.text))


def index_row(text: Text, tags: Iterable[str]) -> dict[str, Any]:
    """The index entry of a post, as the values of the insert statement."""
    marks = [author_word(text.user_id), *map(tag_word, tags)]
    if not text.is_reply:
        marks.append(TOP_LEVEL_WORD)
    full_text = current_dialect().full_text
    if not full_text.is_ordered:
        marks += (block_word(bits, text.post_id) for bits in BLOCK_BITS)
    document = full_text.document(plain_words(text.text), marks)
    return {"post": text.post_id, "words": document, "author": text.user_id}


def _values() -> dict[Any, Any]:
    index = search_index().c
    return {
        index.post_id: bindparam("post", type_=BigId),
        index.words: bindparam("words"),
        index.user_id: bindparam("author", type_=BigId),
    }


@prepared_statement
def _insert() -> Any:
    return insert(search_index()).values(_values())
