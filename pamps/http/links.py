"""The `Link` header (RFC 8288) with the URLs of the next and previous pages."""

import re
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request

from pamps.http.answers import RawHeaders

PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def link(request: Request, relation: str, name: str, cursor: object, *, drop: str | None = None) -> str:
    """One link: the absolute URL of the request with the parameter `name` set to `cursor`, without `drop`."""
    sent = request.scope["query_string"]
    query = parse_qsl(sent.decode("latin-1"), keep_blank_values=True) if sent else []
    kept = [(key, value) for key, value in query if key not in (name, drop)]
    return f'<{_address(request)}?{urlencode([*kept, (name, cursor)])}>; rel="{relation}"'


def link_header(links: list[str]) -> RawHeaders:
    """The header with these links; empty if there are none."""
    return [(b"link", ", ".join(links).encode("latin-1"))] if links else []


def _address(request: Request) -> str:
    host = request.headers.get("host", "")
    if not PLAIN_HOST.fullmatch(host):
        host = request.url.netloc  # which takes longer, and replaces what cannot be a host
    path = request.scope.get("app_root_path", "") + request.scope["path"]
    return f"{request.scope['scheme']}://{host}{quote(path)}"
