"""The security headers of every response."""

from collections.abc import Iterable

RawHeaders = Iterable[tuple[bytes, bytes]]

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
# Over TLS alone: over HTTP browsers have to ignore it (RFC 6797, section 8.1).
HSTS = (b"strict-transport-security", b"max-age=31536000")


def with_security_headers(headers: RawHeaders, *, is_https: bool) -> list[tuple[bytes, bytes]]:
    """The headers of a response, and those of the security headers that it does not set itself."""
    secured = list(headers)
    names = {name for name, _ in secured}
    secured += [pair for pair in SECURITY_HEADERS if pair[0] not in names]
    if is_https and HSTS[0] not in names:
        secured.append(HSTS)
    return secured
