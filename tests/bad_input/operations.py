"""Every operation of the OpenAPI document with values that it accepts, for the tests to bend and break.

A new route is covered as soon as it exists. Where it needs a value that nobody could guess, the test
`test_every_operation_accepts_the_good_values` fails until GOOD knows one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi.testclient import TestClient
from httpx2 import Response

from pamps.app import app
from tests.support.factories import PASSWORD

Schema = dict[str, Any]
DOCUMENT = app.openapi()
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

# By name of the field or parameter. Ids and tokens come from the world of the test.
GOOD: dict[str, Any] = {
    "username": "bia",
    "password": PASSWORD,
    "current_password": PASSWORD,
    "new_password": "another horse",
    "email": "new@example.org",
    "avatar": "https://a.test/a.png",
    "bio": "A bio.",
    "text": "A text.",
    "author": "bia",
    "limit": 5,
    "before": 2**40,
    "after": 1,
    "grant_type": "password",
    "name": "A bot.",
    "scopes": "write",
    "expires_at": "2999-01-01T00:00:00Z",
}
# What a request says where nothing else is asked for: a stream would not end before its time.
ALWAYS = {"seconds": "0"}
# Where one name means different things.
GOOD_HERE: dict[str, dict[str, Any]] = {"POST /user/": {"username": "newcomer"}}
# Without these a question is not asked at all.
NEEDED = {"GET /search/": {"q": "text"}}
GUESSES: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": [],
    "object": {},
}


@dataclass(frozen=True)
class Operation:
    """One method of one address. The three dicts give the type of each name."""

    method: str
    path: str
    in_path: dict[str, str]
    in_query: dict[str, str]
    in_body: dict[str, str]
    media_type: str
    is_list: bool
    takes_token: bool
    needs_body: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class World:
    """A client signed in as `ana`, who owns the post, and the values that lead to what is there."""

    client: TestClient
    good: dict[str, Any]

    def good_body(self, operation: Operation) -> dict[str, Any]:
        """A body that the operation accepts."""
        return {name: self._value(operation, name, kind) for name, kind in operation.in_body.items()}

    def address(self, operation: Operation, changed: dict[str, str] | None = None) -> str:
        """The address with good values in its path, or with those of `changed`."""
        path = operation.path
        for name, kind in operation.in_path.items():
            value = (changed or {}).get(name, str(self._value(operation, name, kind)))
            path = path.replace(f"{{{name}}}", escape(value))
        return path

    def send(
        self,
        operation: Operation,
        *,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        body: Any = ...,
        content: bytes | Iterator[bytes] | None = None,
        media_type: str | None = None,
    ) -> Response:
        """Send good values, but for what is given. `body` is encoded as the operation wants it, `content`
        is sent as it is."""
        address = self.address(operation, path)
        always = {name: value for name, value in ALWAYS.items() if name in operation.in_query}
        if query := always | (NEEDED.get(str(operation), {}) if query is None else query):
            address += "?" + "&".join(f"{escape(name)}={escape(value)}" for name, value in query.items())
        if content is None and operation.media_type:
            content = encode(operation, self.good_body(operation) if body is ... else body)
        media_type = operation.media_type if media_type is None else media_type
        headers = {b"Content-Type": media_type.encode()} if media_type else {}
        return self.client.request(operation.method, address, content=content, headers=headers)

    def _value(self, operation: Operation, name: str, kind: str) -> Any:
        here = GOOD_HERE.get(str(operation), {})
        return here.get(name, self.good.get(name, GOOD.get(name, GUESSES[kind])))


def key(operation: Operation) -> str:
    """What the table of permissions calls an operation."""
    return f"{operation.method.lower()} {operation.path}"


def escape(value: str) -> str:
    """Percent-encode everything, halves of surrogate pairs too."""
    return quote(value, safe="", errors="surrogatepass")


def encode(operation: Operation, body: Any) -> bytes:
    """The body as JSON or as a form, whatever is in it."""
    if operation.media_type == JSON:
        return json.dumps(body).encode()
    return urlencode(body, errors="surrogatepass").encode()


def _resolve(schema: Schema) -> Schema:
    """The schema behind references and behind `or null`."""
    if "$ref" in schema:
        return _resolve(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            return _resolve(choice)
    return schema


def _types(named: dict[str, Schema]) -> dict[str, str]:
    return {name: str(_resolve(schema).get("type", "object")) for name, schema in named.items()}


def _read(method: str, path: str, described: Schema) -> Operation:
    parameters = described.get("parameters", [])
    bodies = described.get("requestBody", {}).get("content", {})
    media_type = next((known for known in (JSON, FORM) if known in bodies), "")
    body = _resolve(bodies[media_type]["schema"]) if media_type else {}
    answer = described["responses"].get("200", {}).get("content", {}).get(JSON, {}).get("schema", {})
    return Operation(
        method=method.upper(),
        path=path,
        in_path=_types({p["name"]: p["schema"] for p in parameters if p["in"] == "path"}),
        in_query=_types({p["name"]: p["schema"] for p in parameters if p["in"] == "query"}),
        in_body=_types(body.get("properties", {})),
        media_type=media_type,
        is_list=_resolve(answer).get("type") == "array",
        takes_token="security" in described,
        needs_body=described.get("requestBody", {}).get("required", False),
    )


OPERATIONS = [_read(m, path, o) for path, item in DOCUMENT["paths"].items() for m, o in item.items()]
WITH_BODY = [operation for operation in OPERATIONS if operation.media_type]
WITH_JSON = [operation for operation in OPERATIONS if operation.media_type == JSON]
LISTS = [operation for operation in OPERATIONS if operation.is_list]
