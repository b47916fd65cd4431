"""Odd characters in every field, query, path and header: refused, or kept exactly; never an accident."""

import base64
from typing import Any
from urllib.parse import quote

import pytest

from tests.bad_input.conftest import Case
from tests.bad_input.operations import (
    FORM,
    OPERATIONS,
    WITH_BODY,
    WITH_JSON,
    Operation,
    World,
    encode,
    escape,
)
from tests.routes import refusal

UNSTORABLE = {
    "nul": "a\0b",
    "only nul": "\0",
    "high surrogate": "a\ud800b",
    "low surrogate": "\udfff",
    "surrogates swapped": "\udc00\ud800",
}
STORABLE = {
    "bidi": "\u202eabc\u2066\u2069",
    "zero width": "a\u200b\u200d\ufeffb",
    "cr lf": "a\r\nSet-Cookie: x=1\r\n\r\n<b>",
    "controls": "a\x01\x1b[31m\x7f\x85\u2028b",
    "beyond the first plane": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0010ffff",
    "combining": "e" + "\u0301" * 200,
    "decomposed": "e\u0301 \u00e9 \ufb01 \u212a \u0130",
    "noncharacters": "a\uffff\ufffe\ufdd0\ufffd",
    "sql": '\'; DROP TABLE "user"; --',
    "like": "%_\\",
    "format": "{0} %s %(x)s :name ${x} {{x}}",
    "html": "<script>alert(1)</script>&amp;",
    "json": '"}],"x":"',
    "spaces": " \ta ",
    "path": "../../etc/passwd",
}
HUGE = {"900 kB of one letter": "a" * 900_000}
TEXTS = UNSTORABLE | STORABLE | HUGE
# What comes in an address is bounded by the server (64 kB) and by the client that tests here.
ADDRESS_TEXTS = UNSTORABLE | STORABLE | {"15 kB of one letter": "a" * 15_000}
RAW = {
    "invalid": b"a\xff\xfeb",
    "overlong nul": b"\xc0\x80",
    "surrogate": b"\xed\xa0\x80",
    "cut off": b"\xf0\x9f",
}
RAW_QUERIES = ["%FF%FE", "%C0%80", "%F0%9F", "%", "%zz", "%u0041", "+", "%25", ";", "&&=&"]

FIELDS = [
    pytest.param(operation, name, id=f"{operation} {name}")
    for operation in WITH_BODY
    for name, kind in operation.in_body.items()
    if kind == "string"
]
JSON_FIELDS = [
    pytest.param(operation, name, id=f"{operation} {name}")
    for operation in WITH_JSON
    for name, kind in operation.in_body.items()
    if kind == "string"
]
PATHS = [
    pytest.param(operation, name, id=f"{operation} {name}")
    for operation in OPERATIONS
    for name, kind in operation.in_path.items()
    if kind == "string"
]
QUERIES = [
    pytest.param(operation, name, id=f"{operation} {name}")
    for operation in OPERATIONS
    for name, kind in operation.in_query.items()
    if kind != "integer"  # see test_ids
]


@pytest.mark.security(13)
@pytest.mark.parametrize(("operation", "name"), FIELDS)
def test_a_field_is_refused_or_kept_exactly(
    world: World, case: Case, operation: Operation, name: str
) -> None:
    for label, odd in TEXTS.items():
        with case(label):
            answer = world.send(operation, body=world.good_body(operation) | {name: odd})

            if not answer.is_success:
                assert refusal(answer)[0] in (401, 403, 422)
            elif answer.content and name in answer.json():
                assert answer.json()[name] == odd


@pytest.mark.security(4)
@pytest.mark.parametrize(("operation", "name"), JSON_FIELDS)
def test_what_no_database_can_store_is_refused_in_every_field(
    world: World, case: Case, operation: Operation, name: str
) -> None:
    for label, odd in UNSTORABLE.items():
        with case(label):
            answer = world.send(operation, body=world.good_body(operation) | {name: odd})

            assert refusal(answer)[0] in ((401, 422) if name == "refresh_token" else (422,))


@pytest.mark.security(13)
@pytest.mark.parametrize(("operation", "name"), JSON_FIELDS)
def test_json_that_is_no_utf_8_is_refused(world: World, case: Case, operation: Operation, name: str) -> None:
    for label, raw in RAW.items():
        with case(label):
            good = encode(operation, world.good_body(operation) | {name: "HERE"})

            answer = world.send(operation, content=good.replace(b"HERE", raw))

            assert refusal(answer)[0] in (400, 422)


@pytest.mark.parametrize("name", ["username", "password"])
def test_a_login_that_is_no_utf_8_is_refused(world: World, case: Case, name: str) -> None:
    form = {"username": b"ana", "password": b"x"}
    escaped = {label: quote(raw).encode() for label, raw in RAW.items()}
    for label, raw in {**RAW, **{f"{label}, escaped": raw for label, raw in escaped.items()}}.items():
        with case(label):
            content = b"&".join(key.encode() + b"=" + value for key, value in (form | {name: raw}).items())

            answer = world.client.post("/token", content=content, headers={"Content-Type": FORM})

            assert refusal(answer)[0] in (400, 401, 422)


@pytest.mark.security(13, 16, 21)
@pytest.mark.parametrize("odd", STORABLE)
def test_what_can_be_stored_comes_back_exactly(world: World, odd: str) -> None:
    text = STORABLE[odd]

    made = world.client.post("/post/", json={"text": text})
    patched = world.client.patch("/user/me/", json={"bio": text})

    assert (made.status_code, patched.status_code) == (201, 200)
    assert world.client.get(f"/post/{made.json()['id']}/").json()["text"] == text
    assert world.client.get("/user/ana/").json()["bio"] == text


@pytest.mark.security(13)
@pytest.mark.parametrize(("operation", "name"), PATHS)
def test_an_odd_name_in_the_path_is_not_there(
    world: World, case: Case, operation: Operation, name: str
) -> None:
    for label, odd in ADDRESS_TEXTS.items():
        with case(label):
            answer = world.send(operation, path={name: odd})

            if answer.status_code == 200:  # a tag that nobody uses
                assert (name, "A text" in answer.text) == ("tag", False)
            else:
                assert refusal(answer)[0] in (404, 422)


@pytest.mark.security(13, 16)
@pytest.mark.parametrize(("operation", "name"), QUERIES)
def test_an_odd_query_is_refused_or_finds_nothing(
    world: World, case: Case, operation: Operation, name: str
) -> None:
    address = world.address(operation)
    for raw in [*(escape(odd) for odd in ADDRESS_TEXTS.values()), *RAW_QUERIES]:
        with case(raw):
            answer = world.client.request(operation.method, f"{address}?{name}={raw}")

            if answer.status_code == 200:
                # Nothing at all is a part of everything, but it is no question; tags there are none.
                asks = operation.path not in ("/search/", "/tag/")
                finds_all = (name, raw) == ("q", "&&=&") and asks
                assert operation.in_query[name] == "string"
                assert (answer.json() == []) is not finds_all
            else:
                assert refusal(answer) == (422, "invalid_input")


@pytest.mark.parametrize("address", ["/post/", "/user/ana/", "/health/"])
def test_an_unknown_query_changes_nothing(world: World, case: Case, address: str) -> None:
    plain = world.client.get(address)
    for raw in [*(escape(odd) for odd in ADDRESS_TEXTS.values()), *RAW_QUERIES]:
        with case(raw):
            answer = world.client.get(f"{address}?{raw}={raw}")

            assert (answer.status_code, answer.content) == (200, plain.content)


@pytest.mark.security(13)
def test_an_odd_query_cannot_break_out_of_the_link_header(world: World) -> None:
    world.client.post("/post/", json={"text": "A second one."})

    answer = world.client.get(
        "/post/?limit=1&x=%0D%0ASet-Cookie:%20a&y=%3E;%20rel=%22next%22,%3C/&z=%00%C3%A9"
    )

    without_query = world.client.get("/post/?limit=1")
    assert set(answer.headers) == set(without_query.headers)
    assert answer.headers["Link"].count(";") == answer.headers["Link"].count('rel="next"') == 1


def token_part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.security(6)
@pytest.mark.parametrize(
    "header",
    [
        *(
            b"Bearer",
            b"Bearer ",
            b"Bearer  x",
            b"Bearer \xff",
            b"Bearer \xc3\xa9.\xc3\xa9.\xc3\xa9",
            b"Bearer ...",
        ),
        *(b"Bearer a.b.c", b"Bearer null", b"Bearer " + b"a" * 15_000, b"Bearer " + b"." * 15_000),
        b"Bearer " + token_part("[" * 9_000).encode() + b".e30.x",
        b"Bearer " + token_part('{"alg":"HS256","x":' + "[" * 4_000 + "]" * 4_000 + "}").encode() + b".e30.x",
        b"Bearer " + token_part("1" * 5_000).encode() + b".e30.x",
    ],
    ids=lambda header: header[:24],
)
def test_an_odd_token_is_refused(world: World, header: bytes) -> None:
    headers: Any = {"Authorization": header}

    answers = [world.client.get(path, headers=headers) for path in ("/user/me/", "/post/")]

    assert [refusal(answer) for answer in answers] == [(401, "invalid_token")] * 2


@pytest.mark.parametrize("header", [b"", b"Basic YTpi", b"Digest x", b"x", b"\xff\xfe", b"Token a.b.c"])
def test_another_scheme_is_nobody(world: World, header: bytes) -> None:
    headers: Any = {"Authorization": header}

    private, public = (
        world.client.get("/user/me/", headers=headers),
        world.client.get("/post/", headers=headers),
    )

    assert refusal(private) == (401, "not_authenticated")
    assert public.status_code == 200


@pytest.mark.security(13)
@pytest.mark.parametrize(
    "host", [b"", b"[", b"[::1", b"a b", b"x/../y?z#", b"\xff", b"a:b:c", b"a:99999999", b"<>"]
)
def test_an_odd_host_gives_no_accident(world: World, host: bytes) -> None:
    headers: Any = {"Host": host}

    answer = world.client.get("/user/?limit=1", headers=headers)

    assert answer.status_code in (200, 400)
