"""Bodies that are none of ours: another format, broken, odd numbers, doubled or unknown keys, too large."""

import asyncio
import json
from itertools import product
from typing import Any

import pytest
from starlette.types import Message

from pamps.app import app
from pamps.config import settings
from tests.bad_input.conftest import Case, Snapshot
from tests.bad_input.operations import FORM, JSON, OPERATIONS, WITH_BODY, WITH_JSON, Operation, World, encode
from tests.routes import refusal, wrong_fields

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
MULTIPART = "multipart/form-data; boundary=b"
PART = (
    b'--b\r\nContent-Disposition: form-data; name="text"; filename="a.png"\r\n\r\n' + PNG + b"\r\n--b--\r\n"
)

ODD_JSON = {
    "nothing": b"",
    "blank": b" \r\n",
    "null": b"null",
    "true": b"true",
    "number": b"1",
    "string": b'"text"',
    "array": b"[]",
    "array of object": b'[{"text": "A text."}]',
    "nan": b"NaN",
    "words": b"text",
    "single quotes": b"{'text': 'A text.'}",
    "trailing comma": b'{"text": "A text.",}',
    "comment": b'{"text": "A text."} // a text',
    "two objects": b'{"text": "A text."}{}',
    "control character": b'{"text": "\x01"}',
    "invalid utf-8": b'{"text": "\xff\xfe"}',
    "overlong nul": b'{"text": "\xc0\x80"}',
    "surrogate in utf-8": b'{"text": "\xed\xa0\x80"}',
    "100,000 arrays": b"[" * 100_000,
    "100,000 closed arrays": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"text":' * 100_000,
    "arrays in a field": b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "5,000 digits": b"1" * 5000,
    "unknown escape": b'{"text": "\\x41"}',
}
ODD_VALUES: list[Any] = [True, [], {}, [[]], {"text": "A text."}, 1.5]
ODD_NUMBERS = [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"9" * 5000, b"1." + b"0" * 5000]
OTHERS = {
    "png": (PNG, "image/png"),
    "png as json": (PNG, JSON),
    "png as text": (PNG, "text/plain"),
    "png as nothing": (PNG, ""),
    "multipart": (PART, MULTIPART),
    "multipart without boundary": (PART, "multipart/form-data"),
    "multipart as json": (PART, JSON),
    "form": (b"text=A+text.&username=ana&password=x", FORM),
    "xml": (b"<text>A text.</text>", "application/xml"),
    "odd type": (b"{}", "é/é; charset=é"),
    "no such charset": (b"x", f"{MULTIPART}; charset=nonsense"),
}
EXTRA = dict.fromkeys(("id", "user_id", "parent_id", "likes", "posts", "followers", "replies_count"), 1) | {
    "superuser": True,
    "is_active": False,
    "deleted": True,
    "liked": True,
    "date": "2020-01-01T00:00:00Z",
    "created_at": "2020-01-01T00:00:00Z",
    "edited_at": None,
    "username": "x",
    "email": "x@example.org",
    "password": "$2b$04$x",
    "hashed_password": "x",
    "user": {"id": 1},
    "__proto__": {},
    "model_config": {},
    "": "",
}
LIMIT = settings.server.max_body

each_body = pytest.mark.parametrize("operation", WITH_BODY, ids=str)
each_json = pytest.mark.parametrize("operation", WITH_JSON, ids=str)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_accepts_the_good_values(world: World, operation: Operation) -> None:
    query = {name: "true" for name, kind in operation.in_query.items() if kind == "boolean"}

    answer = world.send(operation, query=query)

    assert answer.is_success, answer.text


@pytest.mark.security(14)
@each_json
def test_json_that_is_no_object_of_ours_is_refused(world: World, case: Case, operation: Operation) -> None:
    for name, content in ODD_JSON.items():
        if name in ("nothing", "null") and not operation.needs_body:
            continue
        with case(name):
            answer = world.send(operation, content=content)

            assert refusal(answer)[0] in (400, 422)


@pytest.mark.security(14)
@each_body
def test_another_format_is_refused(
    world: World, case: Case, operation: Operation, snapshot: Snapshot
) -> None:
    before = snapshot()
    for name, (content, media_type) in OTHERS.items():
        with case(name):
            answer = world.send(operation, content=content, media_type=media_type)

            assert refusal(answer)[0] in (400, 415, 422)
            assert snapshot() == before


@each_body
def test_good_values_in_another_format_are_refused(
    world: World, case: Case, operation: Operation, snapshot: Snapshot
) -> None:
    before = snapshot()
    for media_type in {"text/plain", JSON, FORM, MULTIPART, ""} - {operation.media_type}:
        with case(media_type):
            answer = world.send(operation, media_type=media_type)

            assert refusal(answer)[0] in (400, 415, 422)
            assert snapshot() == before


@pytest.mark.security(14)
@each_json
def test_truncated_json_is_refused_wherever_it_ends(world: World, case: Case, operation: Operation) -> None:
    whole = encode(operation, world.good_body(operation))

    for end in range(0 if operation.needs_body else 1, len(whole), 5):
        with case(end):
            answer = world.send(operation, content=whole[:end])

            assert refusal(answer)[0] in (400, 422)


def test_a_refusal_does_not_grow_with_what_is_refused(world: World) -> None:
    keys = {f"k{number}": 0 for number in range(10_000)}

    answer = world.client.post("/user/", json=keys)

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 50


@pytest.mark.security(14)
@each_json
def test_odd_numbers_are_refused_in_every_field(world: World, case: Case, operation: Operation) -> None:
    for name, number in product(operation.in_body, ODD_NUMBERS):
        with case(f"{name} {number[:9]!r}"):
            good = encode(operation, world.good_body(operation) | {name: "HERE"})

            answer = world.send(operation, content=good.replace(b'"HERE"', number))

            assert refusal(answer)[0] in (400, 422)


@each_json
def test_values_of_another_type_are_refused_in_every_field(
    world: World, case: Case, operation: Operation
) -> None:
    for name, value in product(operation.in_body, ODD_VALUES):
        with case(f"{name} {value}"):
            answer = world.send(operation, body=world.good_body(operation) | {name: value})

            assert [field.split(".")[:2] for field in wrong_fields(answer)] == [["body", name]]


@pytest.mark.security(14)
@each_body
def test_doubled_keys_are_refused(world: World, case: Case, operation: Operation, snapshot: Snapshot) -> None:
    before, good = snapshot(), world.good_body(operation)
    for name in good:
        with case(name):
            once, all_of_them = encode(operation, {name: good[name]}), encode(operation, good)
            is_json = operation.media_type == JSON
            twice = once[:-1] + b", " + all_of_them[1:] if is_json else once + b"&" + all_of_them

            answer = world.send(operation, content=twice)

            assert refusal(answer)[0] in (400, 422)
            assert snapshot() == before


@pytest.mark.security(11)
@each_body
def test_unknown_keys_are_refused_and_change_nothing(
    world: World, case: Case, operation: Operation, snapshot: Snapshot
) -> None:
    before = snapshot()
    for key in EXTRA.keys() - operation.in_body.keys():
        with case(key):
            answer = world.send(operation, body=world.good_body(operation) | {key: EXTRA[key]})

            assert len(wrong_fields(answer)) == 1
            assert snapshot() == before


@pytest.mark.security(14)
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_body_over_the_limit_is_refused_by_its_length(
    world: World, operation: Operation, snapshot: Snapshot
) -> None:
    before = snapshot()

    answer = world.send(operation, content=b"x" * (LIMIT + 1))

    assert refusal(answer) == (413, "body_too_large")
    assert snapshot() == before


@each_body
def test_a_body_of_just_the_limit_is_read(world: World, operation: Operation) -> None:
    answer = world.send(operation, content=b"x" * LIMIT)

    assert refusal(answer)[0] in (400, 422)


@pytest.mark.security(14)
@each_body
def test_a_body_over_the_limit_is_refused_without_a_length(
    world: World, operation: Operation, snapshot: Snapshot
) -> None:
    before = snapshot()
    # A generator has no length, so the client sends it in chunks.
    answer = world.send(operation, content=(b"x" * (LIMIT // 10) for _ in range(11)))

    assert refusal(answer) == (413, "body_too_large")
    assert snapshot() == before


@pytest.mark.security(14)
@pytest.mark.parametrize(
    ("path", "media_type", "start"),
    [
        ("/post/", JSON, b'{"text": "'),
        ("/post/", "text/plain", b""),
        ("/token", FORM, b"username="),
        ("/token", MULTIPART, PART[: PART.index(PNG)]),
        ("/token", MULTIPART, b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n'),
    ],
)
def test_an_endless_body_is_read_no_further_than_the_limit(
    world: World, path: str, media_type: str, start: bytes
) -> None:
    pieces: list[bytes] = []
    sent: list[Message] = []

    async def receive() -> Message:
        pieces.append(b"x" * (LIMIT // 10) if pieces else start)
        return {"type": "http.request", "body": pieces[-1], "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", media_type.encode()), (b"host", b"testserver")]
    headers.append((b"authorization", world.client.headers["Authorization"].encode()))
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    asyncio.run(app(scope, receive, send))

    assert LIMIT < sum(map(len, pieces)) <= LIMIT * 1.2
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["code"] == "body_too_large"
