"""Settings: the layers, the checks, and what production refuses."""

import stat
from pathlib import Path

import pytest

from pamps.config import KEY_FILE, PUBLISHED_KEY, SettingsError, load_settings

OWN_KEY = "a key that only this installation knows"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from nothing: the suite itself sets a few of these."""
    monkeypatch.delenv("PAMPS_ENV", raising=False)
    monkeypatch.delenv("PAMPS_DB__uri", raising=False)


def test_each_layer_wins_over_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(tmp_path).posts.max_length == 500
    (tmp_path / "settings.toml").write_text("[default.posts]\nmax_length = 600\n")
    assert load_settings(tmp_path).posts.max_length == 600
    (tmp_path / ".secrets.toml").write_text("[default.posts]\nmax_length = 700\n")
    assert load_settings(tmp_path).posts.max_length == 700
    monkeypatch.setenv("PAMPS_POSTS__max_length", "800")
    assert load_settings(tmp_path).posts.max_length == 800


def test_a_section_of_one_environment_is_merged_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text("[testing.db]\npool_size = 3\n")
    monkeypatch.setenv("PAMPS_ENV", "testing")

    db = load_settings(tmp_path).db

    assert (db.pool_size, db.uri) == (3, "sqlite:///pamps.db")


@pytest.mark.parametrize(
    ("env", "length"), [("development", 4), ("testing", 4), ("production", 8)], ids=lambda value: str(value)
)
def test_the_least_password_depends_on_the_environment(
    env: str, length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_ENV", env)
    monkeypatch.setenv("PAMPS_SECURITY__secret_key", OWN_KEY)

    assert load_settings(tmp_path).security.password_min_length == length


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_both_names_of_postgresql_mean_psycopg2(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", f"{scheme}://ana:secret@db/pamps")

    assert load_settings(tmp_path).db.uri == "postgresql+psycopg2://ana:secret@db/pamps"


@pytest.mark.parametrize("key", ["12345678901234567890", "true", "1e5", "@int 5", "00042"])
def test_a_key_is_text_whatever_it_looks_like(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_SECURITY__secret_key", key)

    assert load_settings(tmp_path).security.secret_key == key


def test_names_in_the_environment_may_be_upper_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_SERVER__PORT", "9000")

    assert load_settings(tmp_path).server.port == 9000


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PAMPS_ENV", "prod", "PAMPS_ENV is 'prod'"),
        ("PAMPS_ENV", "", "PAMPS_ENV is ''"),
        ("PAMPS_SERVER__prot", "1", "unknown setting server.prot"),
        ("PAMPS_SERVER__port", "many", "setting server.port"),
        ("PAMPS_SERVER__port", "70000", "setting server.port"),
        ("PAMPS_DB__echo", "maybe", "setting db.echo"),
        ("PAMPS_DB__uri", "mysql://db", "setting db.uri"),
        ("PAMPS_DB__uri", "nothing", "setting db.uri"),
        ("PAMPS_DB", "pamps_test", "setting db"),
        ("PAMPS_SECURITY__bcrypt_rounds", "3", "setting security.bcrypt_rounds"),
    ],
)
def test_what_cannot_be_used_is_named(
    variable: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path)

    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "line", ["max_length = true", 'max_length = "many"', "max_length = 0", "max_lenght = 5", "max_length ="]
)
def test_a_file_is_checked_like_the_environment(line: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f"[default.posts]\n{line}\n")

    with pytest.raises(SettingsError):
        load_settings(tmp_path)


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
    assert PUBLISHED_KEY in (Path(__file__).parent.parent / ".secrets.toml").read_text()


def test_without_secrets_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_settings(tmp_path).security.secret_key
    second = load_settings(tmp_path).security.secret_key

    kept = tmp_path / KEY_FILE
    assert first == second == kept.read_text()
    assert len(first) >= 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_the_key_lies_beside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("PAMPS_DB__uri", f"sqlite:///{tmp_path}/data/pamps.db")

    load_settings(tmp_path)

    assert (tmp_path / "data" / KEY_FILE).exists()


def test_secrets_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", "postgresql://ana:hidden-password@db/pamps")
    monkeypatch.setenv("PAMPS_SECURITY__secret_key", "hidden-key")

    assert "hidden" not in repr(load_settings(tmp_path))
    assert "hidden" not in str(load_settings(tmp_path))
