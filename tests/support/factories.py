"""Factories: `make_x` fills in what a test does not care about, and writes through the services."""

from datetime import UTC, datetime
from itertools import count

from sqlmodel import Session

from pamps.models import Post, User
from pamps.models.access_token import AccessTokenRequest, Scopes
from pamps.models.client import Client
from pamps.models.post import PostRequest
from pamps.models.user import UserRequest
from pamps.services import access_token as access_token_service
from pamps.services import follow as follow_service
from pamps.services import like as like_service
from pamps.services import post as post_service
from pamps.services.access_token import NewAccessToken
from pamps.services.session import TokenPair, open_session, refresh
from pamps.services.user import add_user

PASSWORD = "correct horse"
CLIENT = Client("192.0.2.1", "tests", datetime.now(UTC))
_numbers = count(1)


def make_user(
    session: Session, username: str | None = None, *, superuser: bool = False, active: bool = True
) -> User:
    """A user whose password is PASSWORD."""
    name = username or f"user{next(_numbers)}"
    request = UserRequest(email=f"{name}@example.com", username=name, password=PASSWORD)
    user = add_user(session, request, superuser=superuser)
    if not active:
        user.is_active = False
    session.commit()
    return user


def make_session(session: Session, user: User, *, fresh: bool = True) -> TokenPair:
    """The tokens of a new session of `user`: those of the login or, if not `fresh`, of a refresh."""
    pair = open_session(session, user, CLIENT)
    if not fresh:
        pair = refresh(session, pair.refresh_token, CLIENT)
    session.commit()
    return pair


def make_access_token(
    session: Session, user: User, *, scopes: Scopes = "write", expires_at: datetime | None = None
) -> NewAccessToken:
    """A personal access token of `user`."""
    request = AccessTokenRequest(name="A bot.", scopes=scopes, expires_at=expires_at)
    made = access_token_service.create(session, user, request, CLIENT)
    session.commit()
    return made


def make_post(session: Session, author: User, text: str = "A text.", *, parent: Post | None = None) -> Post:
    """A post, or a reply to `parent`."""
    request = PostRequest(text=text, parent_id=parent.id if parent else None)
    made = post_service.create_post(session, author, request)
    session.commit()
    post = session.get(Post, made.id)
    assert post is not None
    return post


def make_follow(session: Session, follower: User, followed: User) -> None:
    """`follower` follows `followed`."""
    follow_service.follow(session, follower, followed.id)
    session.commit()


def make_like(session: Session, user: User, post: Post) -> None:
    """`user` likes `post`."""
    like_service.like(session, user, post.id)
    session.commit()
