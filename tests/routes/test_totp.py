"""The second factor: an app that shows codes, and codes for when it is gone."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from pamps.config import settings
from pamps.models import AuditEntry, RecoveryCode, Totp, User
from pamps.security import encryption
from pamps.services import totp as totp_service
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import PASSWORD, make_user

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Clock:
    """The time that the server reads."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(totp_service, "utc_now", clock)
    return clock


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


class App:
    """The app on ana's phone, and the codes on her paper."""

    def __init__(self, client: TestClient, clock: Clock) -> None:
        self.clock = clock
        self.secret = client.post("/user/me/totp/").json()["secret"]
        answer = client.post("/user/me/totp/confirm/", json={"otp": self.show()})
        assert answer.status_code == 200, answer.text
        self.recovery_codes = answer.json()["recovery_codes"]
        clock.wait(30)

    def show(self, seconds: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.clock.now + timedelta(seconds=seconds))


@pytest.fixture
def app(ana: User, login: Login, clock: Clock) -> App:
    return App(login(ana), clock)


def log_in(client: TestClient, otp: str | None = None, password: str = PASSWORD) -> Response:
    form = {"username": "ana", "password": password}
    return client.post("/token", data=form if otp is None else form | {"otp": otp})


def test_the_secret_comes_in_the_form_that_apps_read(ana: User, login: Login) -> None:
    answer = login(ana).post("/user/me/totp/")

    assert answer.status_code == 201
    uri = urlsplit(answer.json()["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Pamps:ana")
    assert parse_qs(uri.query) == {"secret": [answer.json()["secret"]], "issuer": ["Pamps"]}
    assert len(answer.json()["secret"]) == 32


def test_until_the_app_is_confirmed_the_password_is_enough(
    ana: User, login: Login, client: TestClient
) -> None:
    owner = login(ana)
    owner.post("/user/me/totp/")

    assert log_in(client).status_code == 200
    assert owner.get("/user/me/totp/").json() == {"enabled": False, "recovery_codes_left": 0}


def test_with_the_app_confirmed_a_login_wants_its_code(app: App, client: TestClient) -> None:
    assert refusal(log_in(client)) == (401, "otp_required")
    assert refusal(log_in(client, "")) == (401, "otp_required")
    assert refusal(log_in(client, "000000")) == (401, "wrong_otp")
    assert log_in(client, app.show()).status_code == 200


@pytest.mark.security(1)
def test_a_wrong_password_reveals_nothing_of_the_second_factor(app: App, client: TestClient) -> None:
    for otp in (None, app.show(), "000000"):
        assert refusal(log_in(client, otp, "wrong horse")) == (401, "bad_credentials")


def test_a_code_works_once(app: App, client: TestClient) -> None:
    code = app.show()
    assert log_in(client, code).status_code == 200

    assert refusal(log_in(client, code)) == (401, "wrong_otp")
    app.clock.wait(30)
    assert log_in(client, app.show()).status_code == 200


def test_an_older_code_is_worthless_after_a_newer_one(app: App, client: TestClient) -> None:
    app.clock.wait(60)
    older = app.show(-30)
    assert log_in(client, app.show()).status_code == 200

    assert refusal(log_in(client, older)) == (401, "wrong_otp")


@pytest.mark.parametrize(("seconds", "status"), [(-60, 401), (-30, 200), (0, 200), (30, 200), (60, 401)])
def test_a_clock_may_be_off_by_half_a_minute(app: App, client: TestClient, seconds: int, status: int) -> None:
    app.clock.wait(120)

    assert log_in(client, app.show(seconds)).status_code == status


@pytest.mark.parametrize("otp", ["x", "1" * 100, "12345", "1234567", "１２３４５６", "%", "é", "😀"])
def test_odd_codes_are_wrong_codes(app: App, client: TestClient, otp: str) -> None:
    assert refusal(log_in(client, otp)) == (401, "wrong_otp")


def test_blanks_and_hyphens_in_a_code_do_not_count(app: App, client: TestClient) -> None:
    code = app.show()

    assert log_in(client, f" {code[:3]} {code[3:]}").status_code == 200
    assert log_in(client, app.recovery_codes[0].replace("-", " ").upper()).status_code == 200


def test_each_recovery_code_works_once_in_place_of_the_app(
    app: App, login: Login, ana: User, client: TestClient
) -> None:
    assert len(set(app.recovery_codes)) == 10

    assert log_in(client, app.recovery_codes[3]).status_code == 200
    assert refusal(log_in(client, app.recovery_codes[3])) == (401, "wrong_otp")
    assert log_in(client, app.recovery_codes[4]).status_code == 200
    assert login(ana).get("/user/me/totp/").json() == {"enabled": True, "recovery_codes_left": 8}


def test_new_recovery_codes_replace_the_old_ones(
    app: App, login: Login, ana: User, client: TestClient
) -> None:
    new = login(ana).post("/user/me/totp/recovery_codes/").json()["recovery_codes"]

    assert refusal(log_in(client, app.recovery_codes[0])) == (401, "wrong_otp")
    assert log_in(client, new[0]).status_code == 200


def test_nobody_uses_the_code_of_somebody_else(
    app: App, session: Session, login: Login, client: TestClient
) -> None:
    bia = make_user(session, "bia")
    other = App(login(bia), app.clock)

    for code in (other.show(), other.recovery_codes[0]):
        assert refusal(log_in(client, code)) == (401, "wrong_otp")


def test_enabled_totp_has_to_be_disabled_before_a_new_start(
    app: App, ana: User, login: Login, client: TestClient
) -> None:
    owner = login(ana)
    assert refusal(owner.post("/user/me/totp/")) == (409, "totp_enabled")
    assert refusal(owner.post("/user/me/totp/confirm/", json={"otp": app.show()})) == (409, "totp_enabled")

    assert owner.delete("/user/me/totp/").status_code == 204

    assert log_in(client).status_code == 200
    assert refusal(log_in(client, password="wrong horse")) == (401, "bad_credentials")
    assert owner.get("/user/me/totp/").json() == {"enabled": False, "recovery_codes_left": 0}
    assert owner.post("/user/me/totp/").status_code == 201


def test_an_app_that_shows_another_code_is_not_confirmed(ana: User, login: Login, client: TestClient) -> None:
    owner = login(ana)
    assert refusal(owner.post("/user/me/totp/confirm/", json={"otp": "123456"})) == (409, "totp_not_enabled")
    assert refusal(owner.post("/user/me/totp/recovery_codes/")) == (409, "totp_not_enabled")
    old = owner.post("/user/me/totp/").json()["secret"]
    owner.post("/user/me/totp/")

    answer = owner.post("/user/me/totp/confirm/", json={"otp": pyotp.TOTP(old).now()})

    assert refusal(answer) == (403, "app_mismatch")
    assert log_in(client).status_code == 200


@pytest.mark.security(7)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/user/me/totp/"),
        ("POST", "/user/me/totp/confirm/"),
        ("POST", "/user/me/totp/recovery_codes/"),
        ("DELETE", "/user/me/totp/"),
    ],
)
def test_changing_it_needs_a_fresh_token(ana: User, login: Login, method: str, path: str) -> None:
    body = {"otp": "123456"} if "confirm" in path else None

    answer = login(ana, fresh=False).request(method, path, json=body)

    assert refusal(answer) == (401, "fresh_token_required")


def test_the_database_alone_opens_nothing(app: App, session: Session) -> None:
    (stored,) = session.exec(select(Totp)).all()
    codes = [code.code_hash for code in session.exec(select(RecoveryCode))]

    assert app.secret not in stored.secret
    assert encryption.decrypt(stored.secret) == app.secret
    assert not {code.replace("-", "") for code in app.recovery_codes} & set(codes)


def test_with_another_key_of_the_server_only_recovery_codes_help(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = settings.security.model_copy(update={"secret_key": "another key of at least 32 characters"})
    monkeypatch.setattr(encryption, "settings", settings.model_copy(update={"security": other}))

    assert refusal(log_in(client, app.show())) == (401, "wrong_otp")
    assert log_in(client, app.recovery_codes[0]).status_code == 200


def test_turning_it_on_and_off_is_written_down(app: App, session: Session, ana: User, login: Login) -> None:
    for _ in range(2):
        assert login(ana).delete("/user/me/totp/").status_code == 204

    lines = session.exec(select(AuditEntry).order_by("id")).all()
    assert [(line.actor, line.action, line.target) for line in lines] == [
        ("ana", "totp_enabled", "ana"),
        ("ana", "totp_disabled", "ana"),
    ]
