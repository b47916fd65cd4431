"""Notifications."""

from typing import Annotated

from annotated_types import Ge, Le
from fastapi import Depends, Header, Query, Request
from pydantic import BeforeValidator

from pamps.auth import CurrentUser, bearer_token
from pamps.errors import Unauthorized
from pamps.http.answers import Answer
from pamps.http.declaration import no_store
from pamps.http.dependencies import SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.http.sse import STREAMED, NotificationStream, open_stream
from pamps.models.ids import Position, plain_digits
from pamps.models.notification import NotificationResponse, NotificationType, ReadRequest
from pamps.presenters import native
from pamps.queries import notification as notification_queries
from pamps.services import notification as notification_service
from pamps.services.live.subscribers import TooManyStreams

router = make_router("/notification", "notification")

OnlyType = Annotated[
    NotificationType | None, Query(alias="type", description="Only notifications of this type.")
]
MAX_SECONDS = 3_600
LastEventId = Annotated[
    Position | None,
    Header(
        alias="Last-Event-ID", description="Start after this notification. Overrides the query parameter."
    ),
]
After = Annotated[
    Position | None,
    Query(
        alias="last_event_id",
        description="Same as the `Last-Event-ID` header, for clients that cannot set it.",
    ),
]
Seconds = Annotated[
    int,
    Ge(0),
    Le(MAX_SECONDS),
    BeforeValidator(plain_digits),
    Query(description="Maximum duration. With 0, the stream sends what is pending and ends."),
]
OnlyUnread = Annotated[bool, Query(description="Only unread notifications.")]


@router.get("/", responses=refusals(Unauthorized))
def list_notifications(
    page: PageDep,
    viewer: CurrentUser,
    session: SessionDep,
    type_: OnlyType = None,
    unread: OnlyUnread = False,
) -> Answer[list[NotificationResponse]]:
    """List your notifications, newest first."""
    notifications = notification_queries.list_notifications(
        session, viewer, page.window, type_=type_, unread=unread
    )
    return page.answer(notifications, native.notification)


@router.get(
    "/stream/",
    status_code=200,
    dependencies=[Depends(no_store)],
    response_class=NotificationStream,
    responses=STREAMED | refusals(Unauthorized, TooManyStreams),
)
def stream_notifications(
    request: Request,
    viewer: CurrentUser,
    session: SessionDep,
    last_event_id: LastEventId = None,
    after: After = None,
    seconds: Seconds = MAX_SECONDS,
) -> NotificationStream:
    """Stream your notifications live, as server-sent events."""
    position = after if last_event_id is None else last_event_id
    return open_stream(session, viewer, bearer_token(request), position, seconds, native.notification)


@router.post("/read/", status_code=204, responses=refusals(Unauthorized))
def mark_read(body: ReadRequest, viewer: CurrentUser, session: SessionDep) -> None:
    """Mark your notifications as read, up to and including the one with this id."""
    notification_service.mark_read(session, viewer, body.up_to)
