"""Notifications."""

from typing import Annotated

from fastapi import Query

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized, refusals
from pamps.models.notification import NotificationResponse, NotificationType, ReadRequest
from pamps.queries import notification as notification_queries
from pamps.rendering import Json
from pamps.request import PageDep, SessionDep
from pamps.routes.base import make_router
from pamps.services import notification as notification_service

router = make_router("/notification", "notification")

OnlyType = Annotated[NotificationType | None, Query(alias="type", description="Only those of this type.")]
OnlyUnread = Annotated[bool, Query(description="Only what has not been read.")]


@router.get("/", responses=refusals(Unauthorized))
def list_notifications(
    page: PageDep,
    viewer: CurrentUser,
    session: SessionDep,
    type_: OnlyType = None,
    unread: OnlyUnread = False,
) -> Json[list[NotificationResponse]]:
    """What others did that concerns oneself, newest first."""
    return notification_queries.list_notifications(session, viewer, page, type_=type_, unread=unread)


@router.post("/read/", status_code=204, responses=refusals(Unauthorized))
def mark_read(body: ReadRequest, viewer: CurrentUser, session: SessionDep) -> None:
    """Mark one's notifications as read, up to the one with this id."""
    notification_service.mark_read(session, viewer, body.up_to)
