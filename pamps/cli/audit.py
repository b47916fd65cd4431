"""The audit log and invites."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from pamps.cli.account import actor
from pamps.cli.tables import print_table

COLUMNS = ("date", "actor", "action", "target", "address")


def audit(
    user: Annotated[str | None, typer.Option(help="Only entries by or about this user.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="Maximum number of entries, the latest ones.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Print the audit log, latest entry last."""
    from sqlmodel import Session

    from pamps.db import reading_engine
    from pamps.queries.audit import latest_audit

    with Session(reading_engine) as session:
        dumps = [line.model_dump(mode="json") for line in latest_audit(session, user, limit)]
    lines = [{name: dump[name] for name in ("id", *COLUMNS)} for dump in dumps]
    if as_json:
        typer.echo(json.dumps(lines, indent=2))
        return
    for line in lines:
        line["date"] = line["date"][:16].replace("T", " ")
    print_table("Audit log", COLUMNS, [[line[name] for name in COLUMNS] for line in lines])


def invite(
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="Number of registrations it allows.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Number of days until it expires.")] = 14,
    note: Annotated[str, typer.Option(help="A note on what it is for.")] = "",
) -> None:
    """Create an invite and print its code, for registering if `accounts.registration` is `invite`."""
    from pamps.db import transaction
    from pamps.models.invite import InviteRequest
    from pamps.services.invite import make_invite

    request = InviteRequest(note=note, uses=uses, expires_at=datetime.now(UTC) + timedelta(days=days))
    with transaction() as session:
        row = make_invite(session, actor(), request, None)
    typer.echo(row.code)
