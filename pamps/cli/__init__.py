"""The admin CLI: thin commands over the settings, engine, rules and services of the API.

Settings and database are imported inside the commands, so that `--help` and `--version` are fast and work
even if the settings are invalid.
"""

from typing import Annotated

import typer

from pamps import __version__
from pamps.cli.account import (
    activate,
    deactivate,
    delete_user,
    demote,
    disable_totp,
    promote,
    sessions,
    set_password,
)
from pamps.cli.audit import audit, invite
from pamps.cli.database import migrate, reindex, reset_db
from pamps.cli.demo import demo
from pamps.cli.failures import PampsCommands
from pamps.cli.server import serve
from pamps.cli.shell import shell
from pamps.cli.user import create_user, user_list

__all__ = ["create_user", "demo", "main", "migrate", "reset_db", "serve", "shell", "user_list"]

main = typer.Typer(
    name="pamps",
    cls=PampsCommands,
    help="Pamps: a microblog server.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    """Print the version and exit."""
    if wanted:
        typer.echo(f"pamps {__version__}")
        raise typer.Exit


@main.callback()
def options(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Pamps: a microblog server."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


main.command()(serve)
main.command()(migrate)
main.command()(reindex)
main.command()(shell)
main.command("user-list")(user_list)
main.command("create-user", help="Create an account, with the same validation as the API.")(create_user)
main.command("set-password")(set_password)
main.command("disable-totp")(disable_totp)
main.command()(sessions)
main.command()(deactivate)
main.command()(activate)
main.command("delete-user")(delete_user)
main.command()(promote)
main.command()(demote)
main.command()(invite)
main.command()(audit)
main.command("reset-db")(reset_db)
main.command()(demo)
