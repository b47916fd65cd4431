"""Account administration. The audit log names the operating system user who ran the command."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pamps.cli.password import ask_password
from pamps.cli.tables import print_table

if TYPE_CHECKING:
    from sqlmodel import Session

    from pamps.models import User

Name = Annotated[str, typer.Argument(metavar="USERNAME", help="User name, in any case.")]


def promote(username: Name) -> None:
    """Make a user a superuser."""
    _set_superuser(username, superuser=True)


def demote(username: Name) -> None:
    """Withdraw a user's superuser rights."""
    _set_superuser(username, superuser=False)


def deactivate(username: Name) -> None:
    """Deactivate an account: end its sessions, reject its tokens and logins."""
    _set_active(username, active=False)


def activate(username: Name) -> None:
    """Reactivate an account."""
    _set_active(username, active=True)


def delete_user(
    username: Name,
    force: Annotated[bool, typer.Option("-f", "--force", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete an account and all its posts."""
    from pamps.services import admin

    user = _find(username)
    if not force:
        posts = f"{user.posts} post{'' if user.posts == 1 else 's'}"
        typer.confirm(f"Delete {user.username} and {posts} permanently?", abort=True)
    with _account(username) as (session, user):
        admin.delete_user(session, actor(), user.id, None)
    typer.echo(f"Deleted {user.username}.")


def set_password(
    username: Name,
    password: Annotated[
        str | None,
        typer.Argument(help="If omitted, prompted for or read from standard input.", show_default=False),
    ] = None,
) -> None:
    """Set a user's password and end all their sessions and access tokens."""
    from pamps.models.user import NewPasswordRequest
    from pamps.services import admin

    _find(username)
    request = NewPasswordRequest(password=ask_password() if password is None else password)
    with _account(username) as (session, user):
        admin.set_password(session, actor(), user.id, request.password, None)
    typer.echo(f"Set a new password for {user.username}. All sessions and access tokens have ended.")


def disable_totp(username: Name) -> None:
    """Turn off two-factor authentication for a user who has lost their device and recovery codes."""
    from pamps.services import totp

    with _account(username) as (session, user):
        totp.disable(session, actor(), user, None)
    typer.echo(f"{user.username} logs in with the password alone.")


def sessions(
    username: Name, end: Annotated[bool, typer.Option("--end", help="End all sessions.")] = False
) -> None:
    """List or end a user's sessions."""
    from pamps.queries.session import all_sessions
    from pamps.services import admin

    with _account(username) as (session, user):
        if end:
            ended = admin.end_all_sessions(session, actor(), user.id)
            typer.echo(f"Ended {ended} session{'' if ended == 1 else 's'} of {user.username}.")
            return
        found = all_sessions(session, user)
    rows: list[list[object]] = []
    for row in found:
        times = (f"{time:%Y-%m-%d %H:%M}" for time in (row.created_at, row.last_used_at))
        rows.append([row.id, row.device, row.address, *times])
    print_table(f"Sessions of {user.username}", ("id", "device", "address", "since", "last used"), rows)


def _set_superuser(username: str, *, superuser: bool) -> None:
    from pamps.services import admin

    with _account(username) as (session, user):
        admin.set_superuser(session, actor(), user.id, superuser=superuser)
    typer.echo(f"{user.username} is {'a' if superuser else 'no longer a'} superuser.")


def _set_active(username: str, *, active: bool) -> None:
    from pamps.services import admin

    with _account(username) as (session, user):
        admin.set_active(session, actor(), user.id, None, active=active)
    typer.echo(f"{user.username} is {'active' if active else 'deactivated; all sessions have ended'}.")


def _find(username: str) -> "User":
    """The account as it is now, read in a transaction of its own; raises UserNotFound. For use before
    prompts: an open write transaction would block all other writers on SQLite."""
    with _account(username) as (_, user):
        return user


@contextmanager
def _account(username: str) -> Iterator[tuple["Session", "User"]]:
    """Open a transaction and find the account in it; raises UserNotFound."""
    from pamps.db import transaction
    from pamps.queries.user import get_user

    with transaction() as session:
        yield session, get_user(session, username)


def actor() -> str:
    """The operating system user, in the form used by the audit log."""
    # Not from the environment, which anyone can set.
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a user without a name, as in a container
        return "cli"
