"""Passwords and tokens, without a database or a web framework."""

import base64
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jose import jwt

from pamps.config import settings
from pamps.models.types import utc_now
from pamps.security.tokens import (
    Claims,
    InvalidToken,
    TokenId,
    TokenScope,
    read_token,
    sign_token,
)

pytestmark = pytest.mark.once


def sign(key: str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """A token that is valid but for `changes`; a claim that is `...` is left out."""
    now = int(time.time())
    claims = {"sub": "7", "sid": 9, "scope": "access_token", "fresh": True, "jti": "x"}
    claims |= {"iat": now, "exp": now + 60}
    kept = {name: value for name, value in (claims | changes).items() if value is not ...}
    return str(jwt.encode(kept, key or settings.security.secret_key, algorithm=algorithm))


def encode(part: str) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("scope", "fresh", "minutes"),
    [("access_token", True, 30), ("access_token", False, 30), ("refresh_token", False, 600)],
)
def test_a_signed_token_says_what_the_specification_promises(
    scope: TokenScope, fresh: bool, minutes: int
) -> None:
    now = int(time.time())
    claimed = Claims(2**63 - 1, 2**63 - 2, TokenId.new(), fresh=fresh)
    token = sign_token(claimed, scope, utc_now() + timedelta(days=1))

    claims = jwt.get_unverified_claims(token)

    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert set(claims) == {"sub", "scope", "fresh", "exp", "iat", "jti", "sid"}
    assert (claims["sub"], claims["scope"], claims["fresh"]) == (str(2**63 - 1), scope, fresh)
    assert 0 <= claims["iat"] - now <= 2
    assert claims["exp"] - claims["iat"] == minutes * 60
    assert read_token(token, scope) == claimed


def test_no_token_outlives_its_session() -> None:
    claims, end = Claims(7, 9, TokenId.new(), fresh=True), utc_now() + timedelta(minutes=3)

    for scope in ("access_token", "refresh_token"):
        token = sign_token(claims, scope, end)
        assert jwt.get_unverified_claims(token)["exp"] == int(end.timestamp())


def test_token_ids_are_random_and_hidden_by_their_hash() -> None:
    ids = {TokenId.new() for _ in range(100)}

    assert len(ids) == 100
    assert len({token_id.hashed for token_id in ids}) == 100
    assert all(len(token_id.hashed) == 64 and token_id not in token_id.hashed for token_id in ids)


@pytest.mark.security(7)
def test_a_token_is_refused_in_the_place_of_the_other() -> None:
    for scope, other in (("access_token", "refresh_token"), ("refresh_token", "access_token")):
        with pytest.raises(InvalidToken):
            read_token(sign(scope=scope), other)  # type: ignore[arg-type] # one of the two


@pytest.mark.parametrize(
    ("flag", "fresh"),
    [(True, True), (False, False), (..., False), (None, False), ("true", False), (1, False)],
)
def test_only_true_is_fresh(flag: object, fresh: bool) -> None:
    assert read_token(sign(fresh=flag), "access_token") == Claims(7, 9, TokenId("x"), fresh=fresh)


@pytest.mark.security(6)
@pytest.mark.parametrize(
    "changes",
    [
        {"exp": ...},
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": ...},
        {"iat": int(time.time()) + 3600},
        {"iat": str(int(time.time()))},
        {"iat": None},
        {"iat": [1]},
        {"nbf": int(time.time()) + 3600},
        {"nbf": "soon"},
        {"scope": ...},
        {"scope": "admin"},
        {"scope": ["access_token"]},
        {"key": "another key that is long enough to be one"},
        {"algorithm": "HS384"},
        {"algorithm": "HS512"},
        {"jti": ...},
        {"sid": ...},
        {"sid": None},
        {"sid": 0},
        {"sid": 2**63},
        {"sid": True},
        {"sid": [9]},
    ],
    ids=" ".join,
)
def test_a_token_that_says_something_else_is_refused(changes: dict[str, Any]) -> None:
    assert read_token(sign(), "access_token") == Claims(7, 9, TokenId("x"), fresh=True)
    with pytest.raises(InvalidToken):
        read_token(sign(**changes), "access_token")


@pytest.mark.security(6)
@pytest.mark.parametrize(
    "sub",
    [
        ...,
        None,
        7,
        7.0,
        True,
        ["7"],
        "",
        "0",
        "-1",
        "+7",
        "1_0",
        "٣",
        "³",
        " 7",
        "7 ",
        "7\n",
        "7.0",
        "1e1",
        "0x7",
        "me",
        str(2**63),
        str(10**30),
        "0" * 19 + "1" * 30,
        "0" * 19 + "1" * 5000,
    ],
    ids=lambda sub: str(sub)[:24],
)
def test_a_token_of_no_possible_user_is_refused(sub: object) -> None:
    with pytest.raises(InvalidToken):
        read_token(sign(sub=sub), "access_token")


@pytest.mark.security(6)
@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "HS384", "RS256", "hs256", None, [], {}, 1]
)
def test_a_token_cannot_choose_its_algorithm(algorithm: object) -> None:
    _, claims, signature = sign().split(".")
    header = encode(json.dumps({"alg": algorithm, "typ": "JWT"}))

    for forged in (f"{header}.{claims}.", f"{header}.{claims}.{signature}", f"{header}.{claims}"):
        with pytest.raises(InvalidToken):
            read_token(forged, "access_token")


@pytest.mark.security(6)
@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_token_is_refused(part: int) -> None:
    parts = sign().split(".")
    # Not the very last letter: some of its bits are padding that nobody reads.
    for place in range(0, len(parts[part]) - 1, 7):
        letter = "A" if parts[part][place] != "A" else "B"
        changed = parts[part][:place] + letter + parts[part][place + 1 :]
        with pytest.raises(InvalidToken):
            read_token(".".join([*parts[:part], changed, *parts[part + 1 :]]), "access_token")


@pytest.mark.security(6)
@pytest.mark.parametrize(
    "header",
    [
        "",
        "[]",
        "1",
        "null",
        '"x"',
        "{",
        '{"alg":"HS256"',
        "[" * 1500,
        '{"alg":' + "[" * 1500,
        "1" * 5000,
        '{"alg":"HS256","a":' + "[" * 20000 + "]" * 20000 + "}",
    ],
    ids=lambda header: header[:16],
)
def test_a_token_with_an_odd_head_is_refused(header: str) -> None:
    with pytest.raises(InvalidToken):
        read_token(f"{encode(header)}.{encode('{}')}.x", "access_token")


@pytest.mark.security(6)
@hypothesis_settings(max_examples=50, deadline=None, database=None)
@given(token=st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_no_text_whatever_is_a_token(token: str) -> None:
    with pytest.raises(InvalidToken):
        read_token(token, "access_token")
