"""Searching, as often as it is allowed."""

from sqlmodel import Session

from pamps.db import own_transaction
from pamps.http.pagination import Page, Sort
from pamps.models.client import Client
from pamps.models.post import PostResponse
from pamps.models.search import PostHit, SearchSort, SearchType
from pamps.models.tag import TagResponse
from pamps.models.user import UserResponse, Viewer
from pamps.presenters.remembered import Json
from pamps.queries import feed as feed_queries
from pamps.queries import search as search_queries
from pamps.queries.feed import FeedFilter
from pamps.services.rate_limit import RateLimitHit, count


def search(
    session: Session,
    viewer: Viewer | None,
    client: Client,
    page: Page,
    typed: str,
    type_: SearchType,
    sort: SearchSort,
) -> Json[list[PostHit] | list[UserResponse] | list[TagResponse]]:
    """What somebody looks for: posts, people or tags; raises TooManyRequests."""
    _count(session, viewer, client)
    return search_queries.search(session, viewer, page, typed, type_, sort)


def list_feed(
    session: Session, viewer: Viewer | None, client: Client, page: Page, wanted: FeedFilter, sort: Sort
) -> Json[list[PostResponse]]:
    """The public feed. To look for words in it is a search; raises TooManyRequests."""
    if wanted.typed:
        _count(session, viewer, client)
    return feed_queries.list_feed(session, viewer, page, wanted, sort)


def _count(session: Session, viewer: Viewer | None, client: Client) -> None:
    hit = RateLimitHit("searching_anonymous", client.network, "searches from your address")
    if viewer is not None:
        hit = RateLimitHit("searching", str(viewer.id), "searches")
    with own_transaction(session) as counting:
        count(counting, hit)
