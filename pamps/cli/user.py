"""Accounts."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def user_list(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False) -> None:
    """List all users, oldest first."""
    from sqlmodel import col, select

    from pamps.db import transaction
    from pamps.models import User

    columns = ("id", "username", "email", "superuser", "is_active", "created_at", "posts")
    with transaction() as session:
        users = session.exec(select(User).order_by(col(User.id))).all()
        rows = [user.model_dump(mode="json", include=set(columns)) for user in users]
    if as_json:
        typer.echo(json.dumps([{name: row[name] for name in columns} for row in rows], indent=2))
        return
    table = Table(title=f"Users ({len(rows)})")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        row["created_at"] = row["created_at"][:10]
        table.add_row(*(escape_cell(row[name]) for name in columns))
    Console().print(table)


def escape_cell(value: object) -> str:
    """A cell of a table: yes and no for booleans, and nothing that Rich would take for markup."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


def create_user(
    email: Annotated[str, typer.Argument(help="E-mail address.")],
    username: Annotated[str, typer.Argument(help="User name: letters, digits, underscores.")],
    password: Annotated[
        str | None, typer.Argument(help="Asked for when left out.", show_default=False)
    ] = None,
    superuser: Annotated[bool, typer.Option("--superuser", help="May delete any post.")] = False,
) -> Any:
    """Make an account, by the same rules as the API.

    From Python it returns the user and raises sqlalchemy.exc.IntegrityError if the name or the address is
    taken, and pydantic.ValidationError if one of the three is not valid.
    """
    from pamps.db import transaction
    from pamps.models.user import UserRequest
    from pamps.services.user import add_user

    if password is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    request = UserRequest(email=email, username=username, password=password)
    with transaction() as session:
        user = add_user(session, request, superuser=superuser)
    typer.echo(f"Created {user.username} (id {user.id}).")
    return user
