"""Rate-limited search."""

from sqlmodel import Session

from pamps.db import own_transaction
from pamps.db.window import Sort, Window
from pamps.models.client import Client
from pamps.models.search import SearchSort, SearchType
from pamps.models.tag import Tag
from pamps.models.user import Viewer
from pamps.queries.feed import FeedFilter, list_feed
from pamps.queries.listing import Listing
from pamps.queries.rows import PostRow, UserRow
from pamps.queries.search import PostHit, search_posts
from pamps.queries.tag import list_tags
from pamps.queries.user import find_people
from pamps.services.rate_limit import RateLimitHit, count
from pamps.text.search_query import parse


def search(
    session: Session,
    viewer: Viewer | None,
    client: Client,
    window: Window,
    typed: str,
    type_: SearchType,
    sort: SearchSort,
) -> Listing[PostHit] | Listing[UserRow] | Listing[Tag]:
    """The posts, people or tags that match what was typed; raises TooManyRequests."""
    _count(session, viewer, client)
    if type_ is SearchType.USERS:
        return Listing(find_people(session, viewer, typed, window.limit))
    if type_ is SearchType.TAGS:
        return Listing(list_tags(session, typed, window.limit) if typed.strip() else [])
    return search_posts(session, viewer, window, parse(typed), sort)


def filter_feed(
    session: Session, viewer: Viewer | None, client: Client, window: Window, filters: FeedFilter, sort: Sort
) -> Listing[PostRow]:
    """The public feed. Looking for words in it is a search; raises TooManyRequests."""
    if filters.typed:
        _count(session, viewer, client)
    return list_feed(session, viewer, window, filters, sort)


def _count(session: Session, viewer: Viewer | None, client: Client) -> None:
    hit = RateLimitHit("searching_anonymous", client.network, "searches from your address")
    if viewer is not None:
        hit = RateLimitHit("searching", str(viewer.id), "searches")
    with own_transaction(session) as counting:
        count(counting, hit)
