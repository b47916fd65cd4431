"""Conditional requests (RFC 9110, section 13.1.2): clients that hold the current response get a 304."""

import re
from hashlib import blake2b

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pamps.http.middleware.security_headers import RawHeaders

# An entity tag, weak or strong. Only the part after `W/` is compared (RFC 9110, section 8.8.3).
TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
# From 2 KB on, hashlib releases the GIL. With busy threads, getting it back takes milliseconds, while the
# digest of a page takes ten microseconds.
SLICE = 2_000
# Headers about the body, which a 304 omits (RFC 9110, section 15.4.5).
ABOUT_BODY = (b"content-type", b"content-length")
# Request headers that make the response specific to a user.
PERSONAL = frozenset({b"authorization", b"cookie"})
NOTHING: Message = {"type": "http.response.body", "body": b""}


class ETagMiddleware:
    """Adds `ETag`, `Vary` and `Cache-Control` to 200 responses to GET and HEAD, and answers 304 if
    `If-None-Match` names the tag.

    The tag is a digest of the response: of the body, and of the `Link` header, which may gain a next page
    while the body stays the same. So it is never stale, however the database was changed, and different
    responses never share a tag. The response is created first, so access is checked before tags are
    compared. Rows are rendered once (pamps/presenters/remembered.py) and a digest takes microseconds; a 304
    saves only the transfer to the client.

    An existing tag is kept. Responses with `no-store` and streams get no tag and are passed through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        held: Message | None = None  # the start of the response, until its body follows
        is_over = False

        async def send_tagged(message: Message) -> None:
            nonlocal held, is_over
            if held is not None:
                start, held = held, None
                tag = _tag(start, message, scope["headers"])
                is_over = _is_known(tag, scope["headers"])
                await send(_not_modified(start) if is_over else start)
                await send(NOTHING if is_over else message)
            elif message["type"] == "http.response.start" and _may_have_tag(message):
                held = message
            elif not is_over:  # the body that a 304 leaves out
                await send(message)

        await self.app(scope, receive, send_tagged)


def _may_have_tag(start: Message) -> bool:
    """Whether a response gets a tag. Streams, which have no Content-Length, do not, so their start is sent at
    once."""
    said = dict(start["headers"])
    is_kept = start["status"] == 200 and b"no-store" not in said.get(b"cache-control", b"")
    return is_kept and (b"content-length" in said or b"etag" in said)


def _tag(start: Message, body: Message, asked: RawHeaders) -> bytes:
    """The tag of a response: an existing one, or a new one if the body is a single message; otherwise empty.
    Adds the headers that go with a new tag."""
    said: dict[bytes, bytes] = dict(start["headers"])
    if b"etag" in said or body.get("more_body", False):
        return said.get(b"etag", b"")
    tag = make_tag(body.get("body", b""), said.get(b"link", b""))
    added = [(b"etag", tag), (b"vary", b"Authorization")]
    if b"cache-control" not in said:
        is_personal = not PERSONAL.isdisjoint(dict(asked))
        added.append((b"cache-control", b"private, no-cache" if is_personal else b"no-cache"))
    start["headers"] = [*start["headers"], *added]
    return tag


def _is_known(tag: bytes, asked: RawHeaders) -> bool:
    known = [value for name, value in asked if name == b"if-none-match"]
    return bool(known) and is_named(tag, b", ".join(known))


def _not_modified(start: Message) -> Message:
    headers = [pair for pair in start["headers"] if pair[0] not in ABOUT_BODY]
    return {**start, "status": 304, "headers": headers}


def make_tag(body: bytes, link: bytes) -> bytes:
    """The strong entity tag of a response with this body and `Link` header."""
    digest = blake2b(link + b"\n" + body[:SLICE], digest_size=16)
    for start in range(SLICE, len(body), SLICE):
        digest.update(body[start : start + SLICE])
    return f'"{digest.hexdigest()}"'.encode()


def is_named(tag: bytes, known: bytes) -> bool:
    """Whether the value of an `If-None-Match` header names the tag, by weak comparison. False for an empty
    tag and for a malformed value."""
    if not tag or not known:
        return False
    if known == b"*":
        return True
    # Replace each tag by an empty one, so that commas inside tags do not count. Empty list elements are
    # allowed.
    parts = {part.strip(b" \t") for part in TAG.sub(b'""', known).split(b",")}
    return parts <= {b"", b'""'} and tag.removeprefix(b"W/") in TAG.findall(known)
