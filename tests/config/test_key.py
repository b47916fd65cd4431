"""The secret key: what production refuses, and the key that an installation keeps."""

import stat
from pathlib import Path

import pytest

from pamps.config import KEY_FILE, MIN_KEY_LENGTH, PUBLISHED_KEY, SettingsError, load_settings
from tests.config.test_config import (
    _no_environment,  # noqa: F401 - a fixture
    refusal,
)

pytestmark = pytest.mark.once


@pytest.mark.security(23)
@pytest.mark.parametrize("key", [None, "", PUBLISHED_KEY, "x" * 31])
def test_production_refuses_a_key_that_protects_nothing(
    key: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_ENV", "production")
    if key is not None:
        monkeypatch.setenv("PAMPS_SECURITY__secret_key", key)

    with pytest.raises(SettingsError, match="secret key"):
        load_settings(tmp_path)


def test_the_published_key_is_the_one_in_the_repository() -> None:
    assert PUBLISHED_KEY in (Path(__file__).parent.parent.parent / ".secrets.toml").read_text()


@pytest.mark.security(28)
def test_without_secrets_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_settings(tmp_path).security.secret_key
    second = load_settings(tmp_path).security.secret_key

    kept = tmp_path / KEY_FILE
    assert first == second == kept.read_text()
    assert len(first) >= 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_reading_the_settings_makes_no_key(tmp_path: Path) -> None:
    assert load_settings(tmp_path).security.bcrypt_rounds

    assert list(tmp_path.iterdir()) == []


def test_the_key_lies_beside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("PAMPS_DB__uri", f"sqlite:///{tmp_path}/data/pamps.db")

    assert load_settings(tmp_path).security.secret_key == (tmp_path / "data" / KEY_FILE).read_text()


@pytest.mark.security(23)
@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 31, b" " * 40, b"\xff" * 64])
def test_a_kept_key_that_was_cut_short_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    kept = tmp_path / KEY_FILE
    kept.write_bytes(content)

    line = refusal(tmp_path)

    assert str(kept) in line
    assert "delete it" in line
    assert kept.read_bytes() == content


def test_a_kept_key_of_the_least_length_is_used(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("k" * MIN_KEY_LENGTH + "\n")

    assert load_settings(tmp_path).security.secret_key == "k" * MIN_KEY_LENGTH


def test_a_key_that_cannot_be_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", f"sqlite:///{tmp_path}/no/such/folder/pamps.db")

    assert refusal(tmp_path) == (
        f"the key file {tmp_path}/no/such/folder/{KEY_FILE} cannot be created or read:"
        " No such file or directory"
    )
