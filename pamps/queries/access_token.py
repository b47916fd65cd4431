"""Reading personal access tokens."""

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from pamps.db.window import Sort, Window
from pamps.errors import NotFound
from pamps.models.access_token import AccessToken
from pamps.models.types import utc_now
from pamps.models.user import Person, User, Viewer
from pamps.queries.listing import Listing, list_table
from pamps.security.tokens import digest


class AccessTokenNotFound(NotFound):
    code = "access_token_not_found"
    detail = "Access token not found"


def find_by_secret(session: Session, secret: str) -> tuple[Viewer, AccessToken] | None:
    """The owner of an access token and the token; None if it is unknown, revoked or expired, or if the
    account is inactive. One indexed query."""
    row = session.execute(
        select(col(User.id), col(User.username), AccessToken)
        .join(AccessToken, col(AccessToken.user_id) == User.id)
        .where(
            col(AccessToken.token_hash) == digest(secret),
            col(AccessToken.expires_at).is_(None) | is_to_come(),
            col(User.is_active).is_(True),
        )
    ).first()
    return (
        (Viewer(row.id, row.username, superuser=False, session_id=None, fresh=False), row.AccessToken)
        if row
        else None
    )


def is_to_come() -> ColumnElement[bool]:
    """Whether a token has not expired yet; NULL if it does not expire."""
    return col(AccessToken.expires_at) > utc_now()


def list_access_tokens(session: Session, owner: Person, window: Window) -> Listing[AccessToken]:
    """The access tokens of `owner`, latest first, including expired ones."""
    own = select(AccessToken).where(col(AccessToken.user_id) == owner.id)
    return list_table(session, window, Sort.NEWEST_FIRST, own, col(AccessToken.id))


def count_access_tokens(session: Session, owner: Person) -> int:
    """The number of access tokens of `owner`, including expired ones."""
    own = select(func.count()).where(col(AccessToken.user_id) == owner.id)
    return int(session.execute(own).scalar_one())
