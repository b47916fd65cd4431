"""An answer that goes on: notifications as server-sent events (section 9.2 of the HTML standard)."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from pamps.auth import find_viewer, read_bearer
from pamps.config import settings
from pamps.errors import Unauthorized, is_transient
from pamps.http.dependencies import read_aside
from pamps.http.middleware.envelope import IS_HEAD
from pamps.http.slots import in_thread
from pamps.models.user import Viewer
from pamps.queries.notification import BATCH, find_newest, list_since
from pamps.services.live.subscribers import Subscription, get_subscribers

Events = list[tuple[int, bytes]]
Write = Callable[[bytes], Coroutine[Any, Any, None]]

# A comment, which clients skip. Who writes finds out when nobody is there any more, and proxies see traffic.
HEARTBEAT = b":\n\n"
# How long a client may leave unread what was sent.
WRITE_SECONDS = 30
# After how many milliseconds a client comes back: at least so many, and up to so many more, that after a
# restart of the server not all come at once.
RETRY, RETRY_SPREAD = 1_000, 4_000
HEADERS = {
    "Content-Type": "text/event-stream",
    # What `do_not_store` sets does not reach an answer that a route makes itself.
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx holds small pieces back otherwise
}
# OpenAPI `responses` of a route that returns a stream.
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events as they happen.",
        "content": {
            "text/event-stream": {
                "itemSchema": {
                    "type": "object",
                    "required": ["id", "event", "data"],
                    "properties": {
                        "id": {"type": "string", "description": "The id of the notification."},
                        "event": {"const": "notification"},
                        "data": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"$ref": "#/components/schemas/NotificationResponse"},
                        },
                    },
                }
            }
        },
    }
}


async def open_stream(
    request: Request, viewer: Viewer, session: Session, position: int | None, seconds: int
) -> "NotificationStream":
    """The stream of what comes after the id `position`, or without one from now on, for at most `seconds`.
    Raises TooManyStreams.

    The session is that of the request, which is over before the first byte leaves.
    """
    if position is None:
        # Before the client knows that it listens: what comes after that is after this.
        position = await in_thread(find_newest, session, viewer)
    token = read_bearer(request) or ""
    if not seconds or request.scope.get(IS_HEAD):
        return NotificationStream(token, position, 0, nullcontext(Subscription()))
    subscribers = get_subscribers()
    subscribers.require_room()  # it is entered without a pause from here
    return NotificationStream(token, position, seconds, subscribers.listening(viewer.id))


class NotificationStream(Response):
    """Everything after an id in order, then what comes, for so many seconds; with 0 only what is there. Ends
    before that with the token, and when the bell says so.

    While it waits it holds neither a thread nor a connection to the database.
    """

    def __init__(
        self, token: str, position: int, seconds: int, listening: AbstractContextManager[Subscription]
    ) -> None:
        # Not that of the base, which would announce a length.
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)
        self._token = token
        self._position = position
        self._seconds = seconds
        self._listening = listening

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send it. Nothing here is ever cancelled by a client that leaves: its bell ends."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._listening as bell:
            watching = asyncio.create_task(_end_with_client(receive, bell))
            try:
                await self._tell(bell, partial(_write, send))
                await _write(send, b"", more=False)
            except TimeoutError:
                pass  # the server cuts an answer that has no end
            finally:
                watching.cancel()

    async def _tell(self, bell: Subscription, write: Write) -> None:
        clock, heartbeat = asyncio.get_running_loop().time, settings.notifications.heartbeat
        until = clock() + self._seconds
        await write(greeting(self._position))
        beat = clock() + heartbeat
        while True:
            await bell.wait(min(beat, until) - clock())
            events = [] if bell.over else await self._read(bell)
            if bell.over:
                return
            if events:
                await write(b"".join(event(id_, data) for id_, data in events))
                self._position = events[-1][0]
            elif clock() >= beat:
                await write(HEARTBEAT)
            if events or clock() >= beat:
                beat = clock() + heartbeat
            if len(events) == BATCH:
                bell.wake()  # there is more
            elif clock() >= until:
                return

    async def _read(self, bell: Subscription) -> Events:
        """What is new, at most BATCH of it. Ends the bell of whoever may not know it any more."""
        try:
            return await read_aside(partial(read_new, self._token, self._position))
        except Unauthorized:
            bell.end()
        except Exception as error:
            if not is_transient(error):
                raise
        return []  # the next heartbeat looks again


def read_new(token: str, after: int, session: Session) -> Events:
    """The first notifications after that id for the owner of the token; raises RefusedToken."""
    return list_since(session, find_viewer(session, token, "GET"), after)


def greeting(position: int) -> bytes:
    """How a stream begins: with a sign of life, when to come back, and the id after which to go on then."""
    return b":\nretry: %d\nid: %d\n\n" % (RETRY + secrets.randbelow(RETRY_SPREAD), position)


def event(id_: int, data: bytes) -> bytes:
    """A notification as it is sent. Its JSON is one line."""
    return b"id: %d\nevent: notification\ndata: %b\n\n" % (id_, data)


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Raises TimeoutError if the client does not read."""
    async with asyncio.timeout(WRITE_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _end_with_client(receive: Receive, bell: Subscription) -> None:
    with suppress(HTTPException):  # the body that nobody asked for is too large
        while (await receive())["type"] != "http.disconnect":
            pass
    bell.end()
