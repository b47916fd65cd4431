"""The home timeline."""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.social import Social
from pamps.models.user import User
from pamps.pagination import Page
from pamps.queries.post import fetch_posts, select_posts


def list_timeline(
    session: Session, viewer: User, page: Page, *, include_replies: bool, include_own: bool
) -> list[PostResponse]:
    """What the people whom the viewer follows wrote, newest first."""
    followed = select(Social.followed_id).where(Social.follower_id == viewer.id)
    wanted: ColumnElement[bool] = col(Post.user_id).in_(followed)
    if include_own:
        wanted |= col(Post.user_id) == viewer.id
    statement = select_posts(viewer).where(wanted, IS_LISTED)
    if not include_replies:
        statement = statement.where(IS_TOP_LEVEL)
    return fetch_posts(session, page, statement)
