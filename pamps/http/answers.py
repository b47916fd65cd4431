"""Responses whose body is already encoded as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.types import Receive, Scope, Send

Model = TypeVar("Model")
# Headers as in ASGI, with lower-case names.
RawHeaders = Sequence[tuple[bytes, bytes]]
JSON_TYPE = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Answer(Generic[Model]):
    """A response whose body is the JSON of a `Model`. `status` None means the default status of the route."""

    body: bytes
    status: int | None = None
    headers: RawHeaders = ()


class BytesResponse:
    """A complete response as an ASGI application."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send the response."""
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        await send({"type": "http.response.body", "body": self.body})


def created_or_ok(body: bytes, created: bool) -> Answer[Any]:
    """A response with status 201 if the item was created, 200 if it already existed."""
    return Answer(body, 201 if created else 200)
