"""The security headers of every response."""

from collections.abc import Iterable

RawHeaders = Iterable[tuple[bytes, bytes]]

SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
}
# Only over TLS: browsers have to ignore it over HTTP (RFC 6797, section 8.1).
HSTS = {b"strict-transport-security": b"max-age=31536000"}

_OVER_HTTP = tuple(SECURITY_HEADERS.items())
_OVER_HTTPS = (*_OVER_HTTP, *HSTS.items())


def with_security_headers(headers: RawHeaders, *, is_https: bool) -> list[tuple[bytes, bytes]]:
    """The headers of a response plus the security headers that it does not set itself."""
    added = _OVER_HTTPS if is_https else _OVER_HTTP
    own = dict(headers)
    if own.keys().isdisjoint(SECURITY_HEADERS) and own.keys().isdisjoint(HSTS):
        return [*headers, *added]
    return [*headers, *(pair for pair in added if pair[0] not in own)]
