"""What a load balancer asks."""

from typing import Literal

from sqlmodel import SQLModel

from pamps.db.migrate import NotMigrated, require_current_schema
from pamps.http.dependencies import SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router

router = make_router("", "health", store=False)


class Health(SQLModel):
    """The server is well."""

    status: Literal["ok"]


@router.get("/health/")
def health() -> Health:
    """The process serves."""
    return Health(status="ok")


@router.get("/ready/", responses=refusals(NotMigrated))
def ready(session: SessionDep) -> Health:
    """The process serves, the database answers, and its schema is the newest."""
    require_current_schema(session)
    return Health(status="ok")
