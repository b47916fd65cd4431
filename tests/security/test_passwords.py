"""Passwords: hashed, verified, never truncated."""

import time
from statistics import median
from typing import Any

import bcrypt
import pytest
from passlib.context import CryptContext

from pamps.config import settings
from pamps.config.schema import SecuritySettings
from pamps.security import tokens as security
from pamps.security.tokens import (
    hash_password,
    is_outdated,
    make_context,
    verify_password,
)

pytestmark = pytest.mark.once


EMOJI = "🙂" * 18  # 72 bytes, where bcrypt alone stops reading


LONG = "p" * 200


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
