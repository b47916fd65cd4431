"""What is searched, and what is found."""

from enum import StrEnum

from sqlmodel import SQLModel

from pamps.models.post import PostResponse


class SearchType(StrEnum):
    """What somebody looks for."""

    POSTS = "posts"
    USERS = "users"
    TAGS = "tags"


class SearchSort(StrEnum):
    """The order in which posts are found."""

    RANK = "rank"
    NEWEST_FIRST = "-date"
    OLDEST_FIRST = "date"


class SnippetPart(SQLModel):
    """A piece of a text, and whether it is what was searched."""

    text: str
    match: bool


class PostHit(PostResponse):
    """A post that was found, and the stretch of its text that matches."""

    snippet: list[SnippetPart]
