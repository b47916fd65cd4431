"""Passwords and tokens, without a database or a web framework."""

import base64
import json
import time
from datetime import timedelta
from statistics import median
from typing import Any

import bcrypt
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jose import jwt
from passlib.context import CryptContext

from pamps.config import settings
from pamps.config.schema import SecuritySettings
from pamps.models.types import utc_now
from pamps.security import tokens as security
from pamps.security.tokens import (
    Claims,
    InvalidToken,
    TokenId,
    TokenScope,
    hash_password,
    is_outdated,
    make_context,
    read_token,
    sign_token,
    verify_password,
)

pytestmark = pytest.mark.once

EMOJI = "🙂" * 18  # 72 bytes, where bcrypt alone stops reading
LONG = "p" * 200


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


@pytest.mark.security(4)
@pytest.mark.parametrize("password", ["abcd", EMOJI, EMOJI + "🙂", LONG, "p" * 256, " a ", "ﬁ", "\r\n\t\x01"])
def test_a_password_of_any_length_matches_its_hash(password: str) -> None:
    assert verify_password(password, hash_password(password))


@pytest.mark.security(4)
@pytest.mark.parametrize(
    ("password", "other"),
    [
        (EMOJI, EMOJI[:-1]),
        (EMOJI, EMOJI + "🙂"),
        (EMOJI + "🙂", EMOJI),
        (EMOJI + "🙂", EMOJI + "🙃"),
        (LONG, LONG[:-1]),
        (LONG, LONG[:72]),
        (LONG[:72], LONG),
        (LONG, LONG + "p"),
        ("abcd", "ABCD"),
        ("abcd", "abcd "),
        ("abcd", ""),
        ("\u00e9" * 4, "e\u0301" * 4),
    ],
)
def test_no_other_password_matches(password: str, other: str) -> None:
    assert not verify_password(other, hash_password(password))


def test_two_hashes_of_one_password_differ_and_hide_it() -> None:
    first, second = hash_password("correct horse"), hash_password("correct horse")

    assert first != second
    assert "correct" not in first


def test_hashes_of_plain_bcrypt_are_verified() -> None:
    hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()

    assert hashed.startswith("$2b$")
    assert verify_password("correct horse", hashed)
    assert not verify_password("correct hors", hashed)
    assert not verify_password("correct horse ", hashed)


@pytest.mark.security(4)
def test_a_plain_bcrypt_hash_never_matches_a_longer_password() -> None:
    hashed = bcrypt.hashpw(b"p" * 72, bcrypt.gensalt(4)).decode()

    assert verify_password("p" * 72, hashed)
    assert not verify_password("p" * 73, hashed)


def use_settings(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Hash by other settings than those of the tests."""
    changed: SecuritySettings = settings.security.model_copy(update=changes)
    monkeypatch.setattr(security, "_passwords", lambda: make_context(changed))


def test_new_hashes_use_the_first_scheme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_default = hash_password("correct horse")
    use_settings(monkeypatch, password_schemes=("argon2", "bcrypt"))
    with_argon2 = hash_password("correct horse")

    assert by_default.startswith("$bcrypt-sha256$")
    assert with_argon2.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password("correct horse", by_default)
    assert verify_password("correct horse", with_argon2)
    assert not verify_password("correct horsf", with_argon2)


def test_a_hash_is_outdated_if_scheme_or_cost_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed, plain = (
        hash_password("correct horse"),
        bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode(),
    )
    assert not is_outdated(hashed)
    assert is_outdated(plain)

    use_settings(monkeypatch, bcrypt_rounds=5)
    assert is_outdated(hashed)
    use_settings(monkeypatch, password_schemes=("argon2", "bcrypt"))
    assert is_outdated(hashed)
    assert not is_outdated(hash_password("correct horse"))


def test_hashes_of_a_scheme_not_configured_match_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed = hash_password("correct horse")

    use_settings(monkeypatch, password_schemes=("argon2",))

    assert not verify_password("correct horse", hashed)


@pytest.mark.parametrize(
    "hashed", ["", "x", "correct horse", "$2b$", "$2b$04$short", "$bcrypt-sha256$", "\0", None]
)
def test_what_is_no_hash_matches_nothing(hashed: str | None) -> None:
    assert verify_password("correct horse", hashed) is False


@pytest.mark.security(1)
def test_an_unknown_user_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough rounds to be measured, in time of this thread only: others may be busy on the same machine.
    slow = CryptContext(schemes=["bcrypt_sha256"], bcrypt_sha256__rounds=7)
    monkeypatch.setattr(security, "_passwords", lambda: slow)
    known = hash_password("correct horse")

    def cost(hashed: str | None) -> float:
        started = time.thread_time()
        assert not verify_password("wrong horse", hashed)
        return time.thread_time() - started

    pairs = [(cost(known), cost(None)) for _ in range(9)]

    wrong, unknown = (median(times) for times in zip(*pairs, strict=True))
    assert 1 / 1.5 < unknown / wrong < 1.5


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
