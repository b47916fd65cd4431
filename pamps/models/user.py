"""User accounts: the table, requests and responses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Index, String
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from pamps.config import settings
from pamps.models.types import (
    TABLE_OPTIONS,
    HasId,
    RequestModel,
    configured_text,
    counter,
    documented,
    flag,
    identity,
    left_out_if_none,
    moment,
    not_null_if_given,
    text,
)
from pamps.security.common_passwords import is_common
from pamps.text.reserved_names import is_reserved

USERNAME_PATTERN = r"^[A-Za-z0-9_]{1,30}$"
PASSWORD_MAX_LENGTH = 256
# Collated by code point on both databases, so that names with a common prefix are adjacent in the index.
NAME = String(30).with_variant(String(30, collation="C"), "postgresql")


def _allowed_username(username: str) -> str:
    if is_reserved(username):
        raise ValueError("This name is reserved")
    return username


def _valid_email(email: str) -> str:
    """The normalised address. Does not use the network; `.test` domains are accepted."""
    try:
        return _normalise_email(email)
    except EmailNotValidError:
        raise ValueError("This is not a valid e-mail address") from None


def normal_email(typed: str) -> str:
    """The address as it would be stored, or unchanged if it is invalid."""
    try:
        return _normalise_email(typed)
    except EmailNotValidError:
        return typed


def normalise_login(typed: str) -> str:
    """Normalise a user name or e-mail address: all spellings that find one account give the same result."""
    return (normal_email(typed) if "@" in typed else typed).lower()


def _normalise_email(email: str) -> str:
    return validate_email(
        email, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
    ).normalized


def _uncommon(password: str) -> str:
    if is_common(password):
        raise ValueError("This password is too common")
    return password


def _web_address(url: str) -> str:
    """Require an http(s) URL. It is stored and shown, never fetched by the server."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError("This is not a valid URL")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("A URL must start with http:// or https://")
    return url


Username = Annotated[
    str, StringConstraints(pattern=USERNAME_PATTERN, max_length=30), AfterValidator(_allowed_username)
]
Email = Annotated[str, *text(max_length=254), AfterValidator(_valid_email), documented(format="email")]
AvatarUrl = Annotated[
    str,
    *text(max_length=500),
    AfterValidator(_web_address),
    documented(format="uri", pattern="^https?://"),
]
Bio = Annotated[str, *text(max_length=500)]
# Bounded, because hashing megabytes would be a denial of service.
GivenPassword = Annotated[str, *text(max_length=PASSWORD_MAX_LENGTH)]
NewPassword = Annotated[
    str,
    *configured_text(least=lambda: settings.security.password_min_length, most=lambda: PASSWORD_MAX_LENGTH),
    AfterValidator(_uncommon),
]


InviteCode = Annotated[str, *text(max_length=100)]


class Person(Protocol):
    """A user, given by the table row or a part of it."""

    @property
    def id(self) -> int:
        """The user's id."""

    @property
    def username(self) -> str:
        """The user name, as typed at registration."""

    @property
    def superuser(self) -> bool:
        """Whether the user may act on what belongs to others."""


@dataclass(frozen=True)
class Viewer:
    """The signed-in user: the part of the account that requests need."""

    id: int
    username: str
    # False with a personal access token: superuser rights require a signed-in session.
    superuser: bool
    # None with a personal access token.
    session_id: int | None
    # Whether the access token was issued by a login with the password, not by a refresh.
    fresh: bool


class UserPublic(SQLModel):
    """The public fields of a user, shared by the table and its responses."""

    username: str = Field(sa_type=NAME)
    avatar: str | None = Field(max_length=500)
    bio: str | None = Field(max_length=500)
    created_at: datetime = moment()
    followers: int = counter()
    following: int = counter()
    # Posts and replies that are not deleted.
    posts: int = counter()


class User(UserPublic, table=True):
    """A user account. Names are stored as typed, e-mail addresses normalised; both are unique regardless of
    case."""

    __table_args__ = (
        Index("uq_user_username", sql("lower(username)"), unique=True),
        Index("uq_user_email", sql("lower(email)"), unique=True),
        TABLE_OPTIONS,
    )

    id: int = identity()
    email: str = Field(max_length=254)
    password: str = Field(repr=False)  # a hash
    superuser: bool = flag(False)
    is_active: bool = flag(True)
    # False until the e-mail link is followed, if `accounts.confirm_email` requires that.
    confirmed: bool = flag(True)


class Profile(RequestModel):
    """The profile fields a user may change freely; null clears a field."""

    avatar: AvatarUrl | None = None
    bio: Bio | None = None


class UserRequest(Profile):
    """A registration."""

    email: Email
    username: Username
    password: NewPassword
    # Required if `accounts.registration` is `invite`, otherwise ignored.
    invite: InviteCode | None = None


class UserPatch(Profile):
    """A change to one's own account; omitted fields stay unchanged. A new e-mail address requires a fresh
    token."""

    email: Email = not_null_if_given()


class NewPasswordRequest(RequestModel):
    """A password set by an administrator."""

    password: NewPassword


class PasswordRequest(RequestModel):
    """A password change, which requires the current password."""

    current_password: GivenPassword
    new_password: NewPassword


class UserBrief(HasId):
    """The part of a user that is shown beside a post."""

    username: str
    avatar: str | None


class UserResponse(UserPublic, HasId):
    """A user with counts and, for a signed-in viewer, the relationship between the two."""

    followed: bool | None = left_out_if_none()
    follows_you: bool | None = left_out_if_none()
    muted: bool | None = left_out_if_none()
    blocked: bool | None = left_out_if_none()
    # Only shown to the user and to superusers.
    email: str | None = left_out_if_none()
    # The number of unread notifications, at most 100; only shown to the user.
    unread_notifications: int | None = left_out_if_none()


class AccountResponse(UserPublic, HasId):
    """An account as superusers see it."""

    email: str
    superuser: bool
    is_active: bool
    # Whether the e-mail link was followed, if `accounts.confirm_email` requires that.
    confirmed: bool
