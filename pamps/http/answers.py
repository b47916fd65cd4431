"""What a route returns: the body as bytes, with its status and its headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.types import Receive, Scope, Send

Model = TypeVar("Model")
# As ASGI has them: names in lower case.
RawHeaders = Sequence[tuple[bytes, bytes]]
JSON_TYPE = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Answer(Generic[Model]):
    """The JSON text of a `Model`; without `status` that of the route."""

    body: bytes
    status: int | None = None
    headers: RawHeaders = ()


class BytesResponse:
    """An answer that is ready to be sent."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send it, by ASGI."""
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        await send({"type": "http.response.body", "body": self.body})


def created_or_ok(body: bytes, created: bool) -> Answer[Any]:
    """201 for what is new, 200 for what existed already."""
    return Answer(body, 201 if created else 200)
