"""Search options and results."""

from enum import StrEnum

from sqlmodel import SQLModel

from pamps.models.post import PostResponse


class SearchType(StrEnum):
    """What to search for."""

    POSTS = "posts"
    USERS = "users"
    TAGS = "tags"


class SearchSort(StrEnum):
    """The order of the posts found."""

    RANK = "rank"
    NEWEST_FIRST = "-date"
    OLDEST_FIRST = "date"


class SnippetPart(SQLModel):
    """A piece of text, and whether it matches the search."""

    text: str
    match: bool


class PostHit(PostResponse):
    """A matching post, with the excerpt of its text that matches."""

    snippet: list[SnippetPart]
