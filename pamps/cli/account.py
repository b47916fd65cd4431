"""What an administrator does to accounts. The audit log names the user of the system who did it."""

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

Name = Annotated[str, typer.Argument(metavar="USERNAME", help="Whose account, in any case.")]


def promote(username: Name) -> None:
    """Make somebody a superuser."""
    _set_superuser(username, superuser=True)


def demote(username: Name) -> None:
    """Make a superuser an ordinary user again."""
    _set_superuser(username, superuser=False)


def deactivate(username: Name) -> None:
    """Keep somebody out: sessions end, tokens fail, logins are refused."""
    _set_active(username, active=False)


def activate(username: Name) -> None:
    """Let somebody in again."""
    _set_active(username, active=True)


def delete_user(
    username: Name, force: Annotated[bool, typer.Option("-f", "--force", help="Do not ask.")] = False
) -> None:
    """Delete an account and everything written with it."""
    from pamps.services import admin

    user = _find(username)
    if not force:
        posts = f"{user.posts} post{'' if user.posts == 1 else 's'}"
        typer.confirm(f"Delete {user.username} with {posts} for good?", abort=True)
    with _account(username) as (session, user):
        admin.delete_user(session, actor(), user.id, None)
    typer.echo(f"Deleted {user.username}.")


def set_password(
    username: Name,
    password: Annotated[
        str | None, typer.Argument(help="When left out, asked for, or read from a pipe.", show_default=False)
    ] = None,
) -> None:
    """Give somebody a new password. Their sessions and access tokens end."""
    from pamps.models.user import NewPasswordRequest
    from pamps.services import admin

    _find(username)
    request = NewPasswordRequest(password=ask_password() if password is None else password)
    with _account(username) as (session, user):
        admin.set_password(session, actor(), user.id, request.password, None)
    typer.echo(f"{user.username} has a new password. All sessions and access tokens have ended.")


def disable_totp(username: Name) -> None:
    """Take somebody's second factor away, who has lost it and the recovery codes."""
    from pamps.services import totp

    with _account(username) as (session, user):
        totp.disable(session, actor(), user, None)
    typer.echo(f"{user.username} logs in with the password alone.")


def sessions(
    username: Name, end: Annotated[bool, typer.Option("--end", help="End them all.")] = False
) -> None:
    """List somebody's sessions, or end them."""
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
    """The account as it is now; raises UserNotFound. For what is asked before a transaction: while one that
    writes is open, nobody else can write on SQLite."""
    with _account(username) as (_, user):
        return user


@contextmanager
def _account(username: str) -> Iterator[tuple["Session", "User"]]:
    """A transaction, and the account that it is about; raises UserNotFound."""
    from pamps.db import transaction
    from pamps.queries.user import get_user

    with transaction() as session:
        yield session, get_user(session, username)


def actor() -> str:
    """Who sits at the terminal, as the audit log writes it."""
    # Not by the environment, which would let anybody be anybody.
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a user without a name, as in a container
        return "cli"
