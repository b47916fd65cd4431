"""The admin CLI: thin commands over the same settings, engine, rules and services as the API.

Settings and database are imported inside the commands, so that `--help` and `--version` answer at once
and also where the settings are broken.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from pamps import __version__


class PampsCommands(typer.core.TyperGroup):
    """Turns every expected failure, misuse included, into one red line on stderr and exit status 1."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with one_red_line():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with one_red_line():
            return super().invoke(ctx)


@contextmanager
def one_red_line() -> Iterator[None]:
    """Explain what can be explained. A bug still shows its traceback."""
    try:
        yield
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        fail(end.code.removeprefix("pamps: "))  # settings that cannot be used (see pamps.config)
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        fail(message)


main = typer.Typer(
    name="pamps",
    cls=PampsCommands,
    help="Pamps: a microblog server.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def fail(message: str) -> NoReturn:
    """Say in one red line what went wrong, and exit with status 1."""
    Console(stderr=True, soft_wrap=True).print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(1)


def explain(error: Exception) -> str | None:
    """One line for people about an error that a command may meet; None for anything else."""
    if hasattr(error, "format_message"):  # Typer's own: a misspelt command or option, a missing argument
        return f"{error.format_message().rstrip('.')}. See `pamps --help`."

    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError, IntegrityError

    from pamps.errors import PampsError

    if isinstance(error, ValidationError):
        problem = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].removeprefix('Value error, ')}"
    if isinstance(error, IntegrityError):
        return "This user name or e-mail address is taken."
    if isinstance(error, DBAPIError):
        reason = str(error.orig).strip().splitlines()[0]
        hint = (
            " Run `pamps migrate` first." if "no such table" in reason or "does not exist" in reason else ""
        )
        return f"The database refused: {reason}.{hint}"
    if isinstance(error, PampsError | OSError):
        return str(error)
    return None


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"pamps {__version__}")
        raise typer.Exit


@main.callback()
def options(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Pamps: a microblog server."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@main.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. \\[server.host]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Its port. \\[server.port]")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes. \\[server.workers]")] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Restart when the code changes.")] = False,
) -> None:
    """Bring the database to the newest migration and serve the API."""
    import uvicorn

    from pamps import schema
    from pamps.config import settings
    from pamps.db import engine

    schema.upgrade()
    engine.dispose()  # the workers open connections of their own
    uvicorn.run(
        "pamps.app:app",
        host=settings.server.host if host is None else host,
        port=settings.server.port if port is None else port,
        workers=workers or settings.server.workers,
        reload=reload,
        reload_dirs=[str(Path(__file__).parent)] if reload else None,
        server_header=False,
    )


@main.command()
def migrate() -> None:
    """Bring the database to the newest migration."""
    from pamps import schema

    schema.upgrade()
    typer.echo("The database is at the newest migration.")


@main.command()
def shell() -> None:
    """Open a Python shell with settings, engine, session and the tables at hand."""
    from sqlmodel import Session, select

    from pamps.config import settings
    from pamps.db import engine
    from pamps.models import Like, Post, Social, User

    with Session(engine) as session:
        names = {
            "settings": settings,
            "engine": engine,
            "select": select,
            "session": session,
            "User": User,
            "Post": Post,
            "Social": Social,
            "Like": Like,
        }
        banner = f"Pamps {__version__} ({settings.env}): {' '.join(names)}"
        start_shell(names, banner)


def start_shell(names: dict[str, Any], banner: str) -> None:
    """IPython where it is installed, else the shell that Python brings along."""
    try:
        from IPython.terminal.embed import InteractiveShellEmbed
    except ImportError:
        import code

        code.interact(banner=banner, local=names, exitmsg="")
    else:
        InteractiveShellEmbed(banner1=banner + "\n", user_ns=names)()


@main.command("user-list")
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
    from rich.markup import escape

    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


@main.command("create-user", help="Make an account, by the same rules as the API.")
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


@main.command("reset-db")
def reset_db(
    force: Annotated[bool, typer.Option("-f", "--force", help="Do not ask.")] = False,
    database: Annotated[
        str | None, typer.Option(help="Its name, which production wants to be told.", show_default=False)
    ] = None,
) -> None:
    """Drop every table of Pamps, with all that is in them."""
    from pamps import schema
    from pamps.config import settings
    from pamps.db import engine

    name = settings.db.url.database
    if settings.env == "production":
        if database is None and not force:
            database = typer.prompt("Everything will be lost. Type the name of the database to go on")
        if database != name:
            fail(f"This is production: give the name of the database with --database {name}.")
    elif not force:
        typer.confirm(f"Drop all tables of {name} with everything in them?", abort=True)
    schema.drop_all(engine)
    typer.echo("All tables are gone. `pamps migrate` makes them anew.")
