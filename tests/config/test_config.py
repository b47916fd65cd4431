"""Settings: the layers, the checks, and what production refuses."""

from pathlib import Path

import pytest

from pamps.config import SettingsError, load_settings

pytestmark = pytest.mark.once

OWN_KEY = "a key that only this installation knows"
FILES = ["settings.toml", ".secrets.toml"]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from nothing: the suite itself sets a few of these."""
    monkeypatch.delenv("PAMPS_ENV", raising=False)
    monkeypatch.delenv("PAMPS_DB__uri", raising=False)


def refusal(directory: Path) -> str:
    """The one line with which the settings of a directory are refused."""
    with pytest.raises(SettingsError) as caught:
        _ = load_settings(directory).security.secret_key
    assert "\n" not in str(caught.value)
    return str(caught.value)


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


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:////srv/pamps.db",
        "sqlite+pysqlite:///pamps.db",
        "postgresql+psycopg2:///pamps?host=/run/postgresql",
        "postgresql+psycopg2://ana:p%40ss%2Fword@[::1]:5433/pamps",
    ],
)
def test_a_url_that_names_its_driver_stays_as_it_is(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_SECURITY__secret_key", OWN_KEY)
    monkeypatch.setenv("PAMPS_DB__uri", uri)

    assert load_settings(tmp_path).db.uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:pamps?mode=memory&cache=shared&uri=true",
        "sqlite:///file:pamps.db",
        "sqlite:///pamps.db?timeout=soon",
        "sqlite://pamps.db",
        "sqlite://folder/pamps.db",
    ],
)
def test_sqlite_is_a_file(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", uri)

    assert refusal(tmp_path).startswith("setting db.uri: Input should")


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite+aiosqlite:///hidden.db",
        "postgresql+asyncpg://ana:hidden@db/pamps",
        "postgresql+psycopg://ana:hidden@db/pamps",
        "postgresql+none://ana:hidden@db/pamps",
    ],
)
def test_other_drivers_are_refused(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", uri)

    line = refusal(tmp_path)

    assert line.startswith("setting db.uri: Input should name no driver")
    assert "hidden" not in line


@pytest.mark.security(22)
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
@pytest.mark.parametrize(
    "rest",
    [
        "ana:hidden@db:port/pamps",
        "ana:hidden@db:/pamps",
        "ana:hidden@db:0/pamps",
        "ana:hidden@db:65536/pamps",
        "ana:hidden@[::1/pamps",
        "ana:secret@hidden@db/pamps",
        "ana:secret@hid:den@db/pamps",
        "ana:hidden@/pamps?host=one:5432&host=two:many",
    ],
)
def test_an_invalid_uri_is_refused_without_showing_its_password(
    scheme: str, rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", f"{scheme}://{rest}")

    line = refusal(tmp_path)

    assert line.startswith("setting db.uri: the host or the port cannot be read")
    assert not any(word in line for word in ("hid", "den", "secret"))


@pytest.mark.parametrize("key", ["12345678901234567890", "true", "1e5", "@int 5", "00042"])
def test_a_key_is_text_whatever_it_looks_like(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_SECURITY__secret_key", key)

    assert load_settings(tmp_path).security.secret_key == key


def test_names_in_the_environment_may_be_upper_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_SERVER__PORT", "9000")

    assert load_settings(tmp_path).server.port == 9000


@pytest.mark.security(23)
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
        ("PAMPS_SECURITY__password_schemes", "", "setting security.password_schemes"),
        ("PAMPS_SECURITY__password_schemes", "md5", "setting security.password_schemes"),
        ("PAMPS_SERVER__trusted_proxies", "nginx", "setting server.trusted_proxies"),
        ("PAMPS_SERVER__trusted_proxies", "*", "setting server.trusted_proxies"),
        ("PAMPS_SERVER__trusted_proxies", "10.0.0.0/33", "setting server.trusted_proxies"),
        ("PAMPS_SERVER__url", "pamps.example.org", "setting server.url"),
        ("PAMPS_SERVER__hosts", "https://pamps.example.org", "setting server.hosts"),
        ("PAMPS_SERVER__cors_origins", "app.example.org", "setting server.cors_origins"),
        ("PAMPS_SERVER__cors_origins", "https://app.example.org/", "setting server.cors_origins"),
        ("PAMPS_LIMITS__login", "often", "setting limits.login"),
        ("PAMPS_LIMITS__login", "1 per day, 5 per hour", "setting limits.login"),
        ("PAMPS_MAIL__security", "ssl", "setting mail.security"),
        ("PAMPS_MAIL__sender", "pamps", "setting mail.sender"),
        ("PAMPS_ACCOUNTS__registration", "maybe", "setting accounts.registration"),
    ],
)
def test_what_cannot_be_used_is_named(
    variable: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    assert words in refusal(tmp_path)


@pytest.mark.parametrize(
    "line", ["max_length = true", 'max_length = "many"', "max_length = 0", "max_lenght = 5", "max_length ="]
)
def test_a_file_is_checked_like_the_environment(line: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f"[default.posts]\n{line}\n")

    with pytest.raises(SettingsError):
        load_settings(tmp_path)


@pytest.mark.security(23)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[posts]\nmax_length = 9", "unknown table 'posts'"),
        ("[server]\nport = 9", "unknown table 'server'"),
        ("[global.posts]\nmax_length = 9", "unknown table 'global'"),
        ("[prodution.db]\npool_size = 9", "unknown table 'prodution'"),
        ("port = 9", "unknown table 'port'"),
        ("[default.srever]\nport = 9", "unknown table 'default.srever'"),
        ("[production.env]", "unknown table 'production.env'"),
        ("[default]\nport = 9", "unknown table 'default.port'"),
        ('["two\\nlines"]', r"unknown table 'two\nlines'"),
        ("default = 9", "'default' should be a table"),
        ("[[production]]", "'production' should be a table"),
        ("[production]\ndb = 9", "'production.db' should be a table"),
    ],
)
def test_a_table_that_nothing_reads_is_refused(name: str, content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)

    assert refusal(tmp_path).startswith(f"{name}: {words}")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"[default.posts]\nmax_length =", b"[default", b'[default]\n"\xff" = 1'])
def test_a_file_that_is_not_toml_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    assert refusal(tmp_path).startswith(f"{name} is not valid TOML: ")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_opened_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()  # root may open any file, but nobody a folder

    assert refusal(tmp_path) == f"{name} cannot be opened: Is a directory"


def test_tables_may_be_empty_in_capitals_and_say_how_they_merge(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        "dynaconf_merge = true\n[production]\n"
        "[DEFAULT]\ndynaconf_merge = true\n[DEFAULT.POSTS]\nmax_length = 9\n"
    )

    assert load_settings(tmp_path).posts.max_length == 9


@pytest.mark.security(22)
def test_secrets_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMPS_DB__uri", "postgresql://ana:hidden-password@db/pamps")
    monkeypatch.setenv("PAMPS_SECURITY__secret_key", "hidden-key")

    assert "hidden" not in repr(load_settings(tmp_path))
    assert "hidden" not in str(load_settings(tmp_path))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PAMPS_ACCOUNTS__confirm_email": "true"}, "requires mail.host to be set"),
        ({"PAMPS_MAIL__host": "mail.example.org"}, "requires server.url to be set"),
    ],
)
def test_production_refuses_mail_that_would_lead_nowhere(
    settings: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PAMPS_SECURITY__secret_key": "k" * 32, **settings}.items():
        monkeypatch.setenv(name, value)
    load_settings(tmp_path)

    monkeypatch.setenv("PAMPS_ENV", "production")
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path)

    assert words in str(refusal.value)


def test_names_that_browsers_send_in_small_letters_are_kept_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMPS_SERVER__hosts", "Pamps.Example.org, *.Example.net")
    monkeypatch.setenv("PAMPS_SERVER__cors_origins", "https://App.Example.org:8443")
    monkeypatch.setenv("PAMPS_SERVER__url", "https://Example.org/pamps/")

    server = load_settings(tmp_path).server

    assert server.hosts == ("pamps.example.org", "*.example.net")
    assert server.cors_origins == ("https://app.example.org:8443",)
    assert (server.address, server.origin) == ("https://Example.org/pamps", "https://example.org")
