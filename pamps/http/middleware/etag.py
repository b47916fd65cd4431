"""Conditional requests (RFC 9110, section 13.1.2): who has an answer already is not sent it again."""

import re
from collections.abc import Iterable
from hashlib import blake2b

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# An entity tag, weak or strong; what is compared is what stands after `W/` (RFC 9110, section 8.8.3).
TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
# From 2 KB on, Python lets go of the interpreter while it makes a digest. Beside busy threads it takes
# milliseconds to get it back, and the digest of a page takes ten microseconds.
SLICE = 2_000
# About the body that a 304 leaves out (RFC 9110, section 15.4.5).
ABOUT_BODY = (b"content-type", b"content-length")

# As ASGI gives them, names in lower case. Not decoded, because every request comes through here.
RawHeaders = Iterable[tuple[bytes, bytes]]


class ETagMiddleware:
    """Gives every answer to GET a tag, says how it may be kept, and answers 304 to whoever names its tag.

    The tag is a digest of what is sent: of the body, and of the `Link` header, which may gain a next page
    while the body stays the same. So it is never wrong, whoever changed the database and how, and viewers who
    see different things never share one. The answer is made first, so who may not see it is refused before
    tags are compared. Rows are rendered once (pamps/presenters/remembered.py) and a digest takes
    microseconds; what is saved is the way to the client.

    What has a tag already keeps it. What must not be stored (`no-store`) and what is streamed has none and
    passes as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _Answer(scope["headers"], send)
        await self.app(scope, receive, send)


class _Answer:
    """Stands in the place of `send` for one answer."""

    def __init__(self, request: RawHeaders, send: Send) -> None:
        self._request = request
        self._send = send
        self._held: Message | None = None  # the start of an answer whose tag depends on the body
        self._is_over = False

    async def __call__(self, message: Message) -> None:
        if self._is_over:
            return  # the body that a 304 leaves out
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._held is None:
            await self._send(message)
        else:
            start, self._held = self._held, None
            if not message.get("more_body", False):
                start["headers"] = self._label(start["headers"], message["body"])
            await self._send_unless_known(start)
            await self(message)

    async def _begin(self, start: Message) -> None:
        said = dict(start["headers"])
        if start["status"] != 200 or b"no-store" in said.get(b"cache-control", b""):
            await self._send(start)
        elif b"etag" not in said and b"content-length" in said:  # a stream does not know how long it is
            self._held = start
        else:
            await self._send_unless_known(start)

    def _label(self, headers: RawHeaders, body: bytes) -> RawHeaders:
        """The headers of an answer with this body, and with its tag."""
        said, asked = dict(headers), dict(self._request)
        added = [(b"etag", make_tag(body, said.get(b"link", b""))), (b"vary", b"Authorization")]
        if b"cache-control" not in said:
            is_personal = b"authorization" in asked or b"cookie" in asked
            added.append((b"cache-control", b"private, no-cache" if is_personal else b"no-cache"))
        return [*headers, *added]

    async def _send_unless_known(self, start: Message) -> None:
        """The start of the answer, or all of a 304 in its place."""
        tag = dict(start["headers"]).get(b"etag", b"")
        known = b", ".join(value for name, value in self._request if name == b"if-none-match")
        if not is_named(tag, known):
            await self._send(start)
            return
        self._is_over = True
        headers = [pair for pair in start["headers"] if pair[0] not in ABOUT_BODY]
        await self._send({**start, "status": 304, "headers": headers})
        await self._send({"type": "http.response.body", "body": b""})


def make_tag(body: bytes, link: bytes) -> bytes:
    """The strong entity tag of an answer with this body and this `Link` header."""
    digest = blake2b(link + b"\n", digest_size=16)
    for start in range(0, len(body), SLICE):
        digest.update(body[start : start + SLICE])
    return b'"%s"' % digest.hexdigest().encode()


def is_named(tag: bytes, known: bytes) -> bool:
    """Whether the value of an `If-None-Match` names the tag, by the weak comparison. An answer without a tag
    is never named, and a value that is malformed names nothing."""
    if not tag or not known:
        return False
    if known == b"*":
        return True
    # An empty tag in the place of each, so that commas inside of tags do not count; between two commas there
    # may be nothing.
    parts = {part.strip(b" \t") for part in TAG.sub(b'""', known).split(b",")}
    return parts <= {b"", b'""'} and tag.removeprefix(b"W/") in TAG.findall(known)
