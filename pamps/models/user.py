"""People: the account, what they may send, and what others see of them."""

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
# By code points on both databases: only so the names that begin alike are neighbours in an index.
NAME = String(30).with_variant(String(30, collation="C"), "postgresql")


def _allowed_username(username: str) -> str:
    if is_reserved(username):
        raise ValueError("This name is reserved")
    return username


def _valid_email(email: str) -> str:
    """The address in its normal form. Never asks the network; `.test` domains are fine."""
    try:
        return _normalise_email(email)
    except EmailNotValidError:
        raise ValueError("This is not a valid e-mail address") from None


def normal_email(typed: str) -> str:
    """An address as it would be stored, or as it was typed if it cannot be one."""
    try:
        return _normalise_email(typed)
    except EmailNotValidError:
        return typed


def normalise_login(typed: str) -> str:
    """A user name or e-mail address, the same for all spellings that find one account."""
    return (normal_email(typed) if "@" in typed else typed).lower()


def _normalise_email(email: str) -> str:
    return validate_email(
        email, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
    ).normalized


def _uncommon(password: str) -> str:
    if is_common(password):
        raise ValueError("This is one of the passwords that everybody tries first")
    return password


def _web_address(url: str) -> str:
    """An address that a browser can load; it is stored and shown, never fetched by the server."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError("This is not a web address")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("A web address starts with http:// or https://")
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
# Bounded, because hashing a megabyte is a way to keep a server busy.
GivenPassword = Annotated[str, *text(max_length=PASSWORD_MAX_LENGTH)]
NewPassword = Annotated[
    str,
    *configured_text(least=lambda: settings.security.password_min_length, most=lambda: PASSWORD_MAX_LENGTH),
    AfterValidator(_uncommon),
]


InviteCode = Annotated[str, *text(max_length=100)]


class Person(Protocol):
    """Somebody with an account, known by a row of it or by less."""

    @property
    def id(self) -> int:
        """The id of the account."""

    @property
    def username(self) -> str:
        """The name, as it is written."""

    @property
    def superuser(self) -> bool:
        """Whether they may act on what is not theirs."""


@dataclass(frozen=True)
class Viewer:
    """A person who is signed in: as much of the account as reading and writing take."""

    id: int
    username: str
    # False for a personal access token: what superusers may wants a login.
    superuser: bool
    # None for a personal access token.
    session_id: int | None
    # Whether they have just given the password.
    fresh: bool


class UserPublic(SQLModel):
    """What everybody sees, shared by the table and its responses."""

    username: str = Field(sa_type=NAME)
    avatar: str | None = Field(max_length=500)
    bio: str | None = Field(max_length=500)
    created_at: datetime = moment()
    followers: int = counter()
    following: int = counter()
    # Posts and replies that are there; a deleted one does not count.
    posts: int = counter()


class User(UserPublic, table=True):
    """An account. Names are stored as typed, addresses in their normal form; both are unique without regard
    to case."""

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
    # False until the link in the mail was followed, where `accounts.confirm_email` wants that.
    confirmed: bool = flag(True)


class Profile(RequestModel):
    """What an owner may change freely; null clears it."""

    avatar: AvatarUrl | None = None
    bio: Bio | None = None


class UserRequest(Profile):
    """A registration."""

    email: Email
    username: Username
    password: NewPassword
    # Needed where `accounts.registration` is `invite`; elsewhere it does not matter.
    invite: InviteCode | None = None


class UserPatch(Profile):
    """A change to one's own account; what is left out stays. A new e-mail needs a fresh token."""

    email: Email = not_null_if_given()


class NewPasswordRequest(RequestModel):
    """A password that somebody else sets."""

    password: NewPassword


class PasswordRequest(RequestModel):
    """A change of password, which needs the one in use."""

    current_password: GivenPassword
    new_password: NewPassword


class UserBrief(HasId):
    """Enough of a person to show beside a post."""

    username: str
    avatar: str | None


class UserResponse(UserPublic, HasId):
    """A person, with counts; for a signed-in viewer also how the two are connected."""

    followed: bool | None = left_out_if_none()
    follows_you: bool | None = left_out_if_none()
    muted: bool | None = left_out_if_none()
    blocked: bool | None = left_out_if_none()
    # Only for its owner and for superusers.
    email: str | None = left_out_if_none()
    # How many notifications wait to be read, counted up to 100; only for its owner.
    unread_notifications: int | None = left_out_if_none()


class AccountResponse(UserPublic, HasId):
    """An account as superusers see it."""

    email: str
    superuser: bool
    is_active: bool
    # Whether the link in the mail was followed, where `accounts.confirm_email` wants that.
    confirmed: bool
