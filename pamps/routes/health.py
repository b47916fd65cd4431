"""Health checks for load balancers."""

from typing import Literal

from sqlmodel import SQLModel

from pamps.db.migrate import NotMigrated, require_current_schema
from pamps.http.dependencies import SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router

router = make_router("", "health", store=False)


class Health(SQLModel):
    """The server is healthy."""

    status: Literal["ok"]


@router.get("/health/")
def health() -> Health:
    """Check that the process serves requests."""
    return Health(status="ok")


@router.get("/ready/", responses=refusals(NotMigrated))
def ready(session: SessionDep) -> Health:
    """Check that the process serves requests, and that the database responds and is fully migrated."""
    require_current_schema(session)
    return Health(status="ok")
