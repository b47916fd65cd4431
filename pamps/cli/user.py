"""Listing and creating users."""

import json
from typing import Annotated, Any

import typer

from pamps.cli.account import actor
from pamps.cli.password import ask_password
from pamps.cli.tables import print_table

# The fields shown, with their column headings; short ones leave room for the e-mail address.
COLUMNS = {
    "id": "id",
    "username": "username",
    "email": "email",
    "superuser": "admin",
    "is_active": "active",
    "created_at": "created_at",
    "posts": "posts",
}


def user_list(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List all users, oldest first."""
    from sqlmodel import Session, col, select

    from pamps.db import reading_engine
    from pamps.models import User

    with Session(reading_engine) as session:
        users = session.exec(select(User).order_by(col(User.id))).all()
        dumps = [user.model_dump(mode="json", include=set(COLUMNS)) for user in users]
    rows = [{name: dump[name] for name in COLUMNS} for dump in dumps]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        row["created_at"] = row["created_at"][:10]
    print_table("Users", COLUMNS.values(), [list(row.values()) for row in rows])


def create_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="E-mail address.")],
    username: Annotated[
        str, typer.Argument(metavar="USERNAME", help="User name: letters, digits, underscores.")
    ],
    password: Annotated[
        str | None,
        typer.Argument(help="If omitted, prompted for or read from standard input.", show_default=False),
    ] = None,
    superuser: Annotated[bool, typer.Option("--superuser", help="Grant access to /admin/.")] = False,
) -> Any:
    """Create an account, with the same validation as the API.

    Called from Python, it returns the user; raises sqlalchemy.exc.IntegrityError if the name or the address
    is taken, and pydantic.ValidationError if an argument is invalid.
    """
    from pamps.db import transaction
    from pamps.models.audit import Action
    from pamps.models.user import UserRequest
    from pamps.services.audit import record
    from pamps.services.user import add_user

    if password is None:
        password = ask_password()
    request = UserRequest(email=email, username=username, password=password)
    with transaction() as session:
        user = add_user(session, request, superuser=superuser)
        if superuser:
            record(session, Action.PROMOTED, actor(), user, None)
    typer.echo(f"Created {user.username} (id {user.id}).")
    return user
