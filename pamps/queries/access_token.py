"""Reading personal access tokens."""

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from pamps.errors import NotFound
from pamps.http.pagination import Page, Sort
from pamps.models.access_token import AccessToken, AccessTokenPublic, AccessTokenResponse
from pamps.models.types import utc_now
from pamps.models.user import Person, User, Viewer
from pamps.security.tokens import digest

TOKEN_COLUMNS = [getattr(AccessToken, name) for name in ("id", *AccessTokenPublic.model_fields)]


class AccessTokenNotFound(NotFound):
    code = "access_token_not_found"
    detail = "You have no such access token."


def find_by_secret(session: Session, secret: str) -> tuple[Viewer, AccessToken] | None:
    """The active owner of an access token and the token; None if it is unknown, revoked or expired. One
    indexed query."""
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


def list_access_tokens(session: Session, owner: Person, page: Page) -> list[AccessTokenResponse]:
    """The access tokens of `owner`, newest first, including expired ones."""
    statement = select(*TOKEN_COLUMNS).where(col(AccessToken.user_id) == owner.id)
    rows = page.fetch(session, statement, AccessToken.id, Sort.NEWEST_FIRST)
    return [AccessTokenResponse.model_validate(row, from_attributes=True) for row in rows]


def count_access_tokens(session: Session, owner: Person) -> int:
    """The number of access tokens of `owner`, including expired ones."""
    own = select(func.count()).where(col(AccessToken.user_id) == owner.id)
    return int(session.execute(own).scalar_one())
