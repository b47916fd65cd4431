"""What an answer must not hold: what was sent, when it is refused. See also contracts/test_leaks.py."""

from itertools import product
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from pamps.app import app
from tests.bad_input.conftest import Case
from tests.bad_input.operations import FORM, JSON, OPERATIONS, WITH_BODY, WITH_JSON, Operation, World
from tests.routes import refusal

MARK = "Zq7mark"
# With the marker as a value, as a key, deep inside, and where a message might repeat it.
VALUES: dict[str, Any] = {
    "object": {MARK: MARK},
    "array": [[MARK], {"x": MARK}],
    "long": MARK * 100_000,
    "nul": f"{MARK}\0{MARK}",
    "surrogate": f"\ud800{MARK}",
    "markup": f"<{MARK}>@{MARK} {MARK}:{MARK}",
    "address": f"javascript://{MARK}@{MARK}:{MARK}",
    "mail": f"{MARK}@{MARK}@{MARK}",
}
KEYS = [MARK, f"a {MARK}", f"{MARK}\ud800", f"{MARK}.b", f"<{MARK}>", MARK * 1000, f"{MARK}\0"]
BROKEN = {
    "no json": f"{MARK} is not JSON",
    "truncated": f'{{"{MARK}": "{MARK}',
    "string": f'"{MARK}"',
    "array": f'["{MARK}", {{"{MARK}": 1}}]',
    "doubled": f'{{"{MARK}": 1, "{MARK}": 2}}',
    "constant": f'{{"{MARK}": NaN}}',
    "digits": f'{{"{MARK}": {"7" * 5000}}}',
}


def assert_silent(answer: Response, *marks: str) -> None:
    """The answer is a refusal that repeats none of the marks, in any case."""
    refusal(answer)
    del answer.headers["X-Request-ID"]  # random digits
    everything = answer.text + str(answer.headers)
    for mark in marks or (MARK,):
        assert mark.lower() not in everything.lower()


@pytest.mark.security(14)
@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_refused_value_is_not_repeated(world: World, case: Case, operation: Operation) -> None:
    for name, (label, value) in product(operation.in_body, VALUES.items()):
        with case(f"{name} {label}"):
            answer = world.send(operation, body=world.good_body(operation) | {name: value})

            if answer.status_code >= 400:
                assert_silent(answer)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_refused_key_is_not_repeated(world: World, case: Case, operation: Operation) -> None:
    for key in KEYS:
        with case(key):
            answer = world.send(operation, body=world.good_body(operation) | {key: MARK})

            assert_silent(answer)


@pytest.mark.parametrize("operation", WITH_JSON, ids=str)
def test_broken_json_is_not_repeated(world: World, case: Case, operation: Operation) -> None:
    for label, broken in BROKEN.items():
        with case(label):
            answer = world.send(operation, content=broken.encode())

            assert_silent(answer, MARK, "777")


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_body_of_another_format_is_not_repeated(world: World, case: Case, operation: Operation) -> None:
    part = (
        f'--b\r\nContent-Disposition: form-data; name="{MARK}"; filename="{MARK}"\r\n\r\n{MARK}\r\n--b--\r\n'
    )
    types = ("text/plain", FORM, JSON, "multipart/form-data; boundary=b", f"{MARK}/{MARK}")
    for media_type, content in product(types, (part, f"{MARK}={MARK}&password={MARK}", MARK)):
        with case(f"{media_type} {content}"):
            answer = world.send(operation, content=content.encode(), media_type=media_type)

            assert_silent(answer)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_refused_address_is_not_repeated(world: World, operation: Operation) -> None:
    for name in operation.in_path.keys() - {"tag"}:  # every word is a tag
        assert_silent(world.send(operation, path={name: MARK}))
    for name, kind in operation.in_query.items():
        if kind != "string" or name == "sort":
            assert_silent(world.send(operation, query={name: MARK}))


def test_an_unknown_address_is_not_repeated(client: TestClient) -> None:
    assert_silent(client.get(f"/{MARK}/{MARK}?{MARK}={MARK}"))


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.takes_token], ids=str)
def test_a_refused_token_is_not_repeated(world: World, operation: Operation) -> None:
    world.client.headers["Authorization"] = f"Bearer {MARK}.{MARK}.{MARK}"

    answer = world.send(operation)

    assert_silent(answer)


@pytest.mark.parametrize("field", ["password", "new_password", "current_password"])
@pytest.mark.parametrize(
    "secret", ["Zq7", "Zq7" * 100, "Zq7\0Zq7", "Zq7\ud800"], ids=["short", "long", "nul", "half"]
)
def test_a_refused_password_is_not_repeated(world: World, field: str, secret: str) -> None:
    for operation in WITH_BODY:
        if field in operation.in_body:
            answer = world.send(operation, body=world.good_body(operation) | {field: secret})
            assert_silent(answer, "Zq7")


def test_nothing_is_documented_that_would_hold_a_password() -> None:
    schemas = app.openapi()["components"]["schemas"]
    shown = {name: schema for name, schema in schemas.items() if name.endswith("Response")}

    assert shown
    assert not [name for name, schema in shown.items() if "password" in schema.get("properties", {})]


@pytest.mark.security(22)
def test_a_server_error_says_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"{MARK} went wrong")

    monkeypatch.setattr("pamps.queries.user.list_users", fail)
    answer = TestClient(app, raise_server_exceptions=False).get("/user/")

    assert (answer.status_code, set(answer.json())) == (500, {"detail", "code"})
    assert MARK not in answer.text + str(answer.headers)
