"""Notifications."""

from typing import Annotated

from annotated_types import Ge, Le
from fastapi import Depends, Header, Query, Request
from pydantic import BeforeValidator

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized, refusals
from pamps.http.dependencies import PageDep, SessionDep
from pamps.http.pagination import Position, plain_digits
from pamps.http.route import do_not_store, make_router
from pamps.http.sse import STREAMED, NotificationStream, open_stream
from pamps.models.notification import NotificationResponse, NotificationType, ReadRequest
from pamps.presenters.remembered import Json
from pamps.queries import notification as notification_queries
from pamps.services import notification as notification_service
from pamps.services.live.subscribers import TooManyStreams

router = make_router("/notification", "notification")

OnlyType = Annotated[NotificationType | None, Query(alias="type", description="Only those of this type.")]
MAX_SECONDS = 3_600
LastEventId = Annotated[
    Position | None,
    Header(alias="Last-Event-ID", description="Begin with what came after this one; wins over the query."),
]
After = Annotated[
    Position | None,
    Query(alias="last_event_id", description="The same, for clients that cannot set the header."),
]
Seconds = Annotated[
    int,
    Ge(0),
    Le(MAX_SECONDS),
    BeforeValidator(plain_digits),
    Query(description="How long it lasts at most. With 0 it sends what is there and ends."),
]
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


@router.get(
    "/stream/",
    status_code=200,
    dependencies=[Depends(do_not_store)],
    response_class=NotificationStream,
    responses=STREAMED | refusals(Unauthorized, TooManyStreams),
)
async def stream_notifications(
    request: Request,
    viewer: CurrentUser,
    session: SessionDep,
    last_event_id: LastEventId = None,
    after: After = None,
    seconds: Seconds = MAX_SECONDS,
) -> NotificationStream:
    """What others do that concerns oneself, as it happens."""
    position = after if last_event_id is None else last_event_id
    return await open_stream(request, viewer, session, position, seconds)


@router.post("/read/", status_code=204, responses=refusals(Unauthorized))
def mark_read(body: ReadRequest, viewer: CurrentUser, session: SessionDep) -> None:
    """Mark one's notifications as read, up to the one with this id."""
    notification_service.mark_read(session, viewer, body.up_to)
