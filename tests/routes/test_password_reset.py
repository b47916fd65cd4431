"""Links by mail: a new password for who forgot the old one, and the proof that an address is somebody's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from pamps.config import settings
from pamps.models import AuditEntry, EmailToken, User
from pamps.models.email_token import Purpose
from pamps.models.types import utc_now
from pamps.services import email_token, mail, rate_limit
from pamps.services import login as login_service
from pamps.services import user as user_service
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import PASSWORD, make_access_token, make_user
from tests.support.mailbox import Mailbox, running_mailbox

LINK = re.compile(r"^http://127\.0\.0\.1:8000/(password_reset|email_confirmation)/#(\S+)$", re.MULTILINE)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A real mail server, to which Pamps sends."""
    with running_mailbox() as mailbox:
        mailbox.use(monkeypatch)
        yield mailbox
        mail.drain(10)  # or the next test finds what is still to be sent


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


def nothing_arrives(mailbox: Mailbox) -> bool:
    mail.drain(10)
    return mailbox.take_all() == []


def read_link(message: EmailMessage, purpose: str) -> str:
    """The token in a mail."""
    found = LINK.search(message.get_content().replace("\r\n", "\n"))
    assert found is not None
    assert found[1] == purpose
    return found[2]


def ask(client: TestClient, email: str = "ana@example.com", what: str = "password_reset") -> Response:
    return client.post(f"/{what}/", json={"email": email})


def forget(client: TestClient, mailbox: Mailbox) -> str:
    """Ask for a new password and follow the link in the mail."""
    assert ask(client).status_code == 202
    return read_link(mailbox.wait(), "password_reset")


def reset(client: TestClient, token: str, password: str = "another horse") -> Response:
    return client.post("/password_reset/confirm/", json={"token": token, "new_password": password})


def log_in(client: TestClient, password: str = PASSWORD, name: str = "ana") -> Response:
    return client.post("/token", data={"username": name, "password": password})


# A new password


def test_a_mail_brings_a_link_for_a_new_password(ana: User, client: TestClient, mailbox: Mailbox) -> None:
    answer = ask(client, "ANA@Example.com")

    message = mailbox.wait()
    assert answer.status_code == 202
    assert answer.json() == {"detail": "If this address belongs to an account, an e-mail is on its way."}
    assert (message["To"], message["Subject"]) == ("ana@example.com", "Reset your Pamps password")
    assert "Hello ana," in message.get_content()
    assert reset(client, read_link(message, "password_reset")).status_code == 204
    assert log_in(client, "another horse").status_code == 200
    assert refusal(log_in(client)) == (401, "bad_credentials")


@pytest.mark.security(1)
@pytest.mark.parametrize("email", ["nobody@example.com", "gone@example.com"])
def test_who_has_no_account_gets_no_mail_and_the_same_answer(
    session: Session, ana: User, client: TestClient, mailbox: Mailbox, email: str
) -> None:
    make_user(session, "gone", active=False)
    known = ask(client)
    mailbox.wait()

    unknown = ask(client, email)

    assert nothing_arrives(mailbox)
    for answer in (known, unknown):
        del answer.headers["X-Request-ID"]
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert unknown.headers == known.headers


@pytest.mark.security(1)
def test_the_answer_takes_as_long_for_an_unknown_address(
    ana: User, client: TestClient, mailbox: Mailbox
) -> None:
    def cost(email: str) -> float:
        started = perf_counter()
        ask(client, email)
        return perf_counter() - started

    pairs = [(cost("ana@example.com"), cost("nobody@example.com")) for _ in range(25)]

    known, unknown = (median(times) for times in zip(*pairs, strict=True))
    assert 1 / 1.5 < unknown / known < 1.5


@pytest.mark.security(5)
def test_a_link_works_once(ana: User, client: TestClient, mailbox: Mailbox) -> None:
    token = forget(client, mailbox)
    assert reset(client, token).status_code == 204

    assert refusal(reset(client, token, "a third horse")) == (403, "bad_link")
    assert log_in(client, "another horse").status_code == 200


@pytest.mark.security(5)
def test_a_link_works_for_an_hour(session: Session, ana: User, client: TestClient, mailbox: Mailbox) -> None:
    token = forget(client, mailbox)
    link = session.exec(select(EmailToken)).one()
    assert timedelta(minutes=59) < link.expires_at - utc_now() <= timedelta(hours=1)

    link.expires_at = utc_now() - timedelta(seconds=1)
    session.commit()

    assert refusal(reset(client, token)) == (403, "bad_link")


@pytest.mark.security(5)
def test_a_newer_link_makes_the_older_one_useless(ana: User, client: TestClient, mailbox: Mailbox) -> None:
    older, newer = forget(client, mailbox), forget(client, mailbox)

    assert refusal(reset(client, older)) == (403, "bad_link")
    assert reset(client, newer).status_code == 204


@pytest.mark.security(5)
@pytest.mark.parametrize("token", ["x", "%", "é", "0" * 100])
def test_what_was_never_sent_is_no_link(ana: User, client: TestClient, mailbox: Mailbox, token: str) -> None:
    forget(client, mailbox)

    assert refusal(reset(client, token)) == (403, "bad_link")


@pytest.mark.security(5)
def test_a_link_is_kept_as_a_hash(session: Session, ana: User, client: TestClient, mailbox: Mailbox) -> None:
    token = forget(client, mailbox)

    assert len(token) == 43
    assert token not in session.exec(select(EmailToken)).one().model_dump_json()


def test_a_link_is_for_one_purpose(ana: User, client: TestClient, mailbox: Mailbox) -> None:
    token = forget(client, mailbox)

    answer = client.post("/email_confirmation/confirm/", json={"token": token})

    assert refusal(answer) == (403, "bad_link")


@pytest.mark.security(5)
def test_whoever_was_in_is_out_after_a_reset(
    session: Session, ana: User, login: Login, client: TestClient, mailbox: Mailbox
) -> None:
    signed_in, program = login(ana), make_access_token(session, ana).token

    reset(client, forget(client, mailbox))

    assert refusal(signed_in.get("/user/me/")) == (401, "invalid_token")
    by_program = client.get("/user/me/", headers={"Authorization": f"Bearer {program}"})
    assert refusal(by_program) == (401, "invalid_token")
    actions = [line.action for line in session.exec(select(AuditEntry).order_by("id"))]
    assert actions == ["access_token_made", "password_reset"]


def test_a_link_is_invalid_after_a_new_password_or_address(
    session: Session, ana: User, login: Login, client: TestClient, mailbox: Mailbox
) -> None:
    first = forget(client, mailbox)
    change = {"current_password": PASSWORD, "new_password": "third horse"}
    login(ana).post("/user/me/password/", json=change)
    assert refusal(reset(client, first)) == (403, "bad_link")

    second = forget(client, mailbox)
    login(ana).patch("/user/me/", json={"email": "new@example.com"})
    assert refusal(reset(client, second)) == (403, "bad_link")


def test_a_deactivated_user_cannot_use_a_link(
    session: Session, ana: User, client: TestClient, mailbox: Mailbox
) -> None:
    token = forget(client, mailbox)
    ana.is_active = False
    session.commit()

    assert refusal(reset(client, token)) == (403, "bad_link")


@pytest.mark.parametrize("password", ["abc", "password", "x" * 257])
def test_a_password_from_a_link_follows_the_policy(
    ana: User, client: TestClient, mailbox: Mailbox, password: str
) -> None:
    token = forget(client, mailbox)

    assert wrong_fields(reset(client, token, password)) == ["body.new_password"]
    assert reset(client, token).status_code == 204


def test_links_that_are_over_are_swept_away(session: Session, client: TestClient, mailbox: Mailbox) -> None:
    for number in range(3):
        ask(client, f"nobody{number}@example.com")
    for link in session.exec(select(EmailToken)):
        link.expires_at = utc_now() - timedelta(seconds=1)
    session.commit()

    ask(client, "somebody@example.com")

    assert [link.email for link in session.exec(select(EmailToken))] == ["somebody@example.com"]


def test_nobody_is_drowned_in_mail(
    ana: User, client: TestClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {"enabled": True, "mail": "2 per hour", "mail_address": "4 per hour"}
    changed = settings.limits.model_copy(update=rates)
    monkeypatch.setattr(rate_limit, "settings", settings.model_copy(update={"limits": changed}))

    assert [ask(client).status_code for _ in range(3)] == [202, 202, 429]
    assert [ask(client, f"x{n}@example.com").status_code for n in range(3)] == [202, 202, 429]


# An address confirmed


@pytest.fixture
def confirming(monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox) -> Mailbox:
    """A server that wants addresses confirmed."""
    accounts = settings.accounts.model_copy(update={"confirm_email": True})
    for module in (user_service, login_service):
        monkeypatch.setattr(module, "settings", settings.model_copy(update={"accounts": accounts}))
    return mailbox


def register(client: TestClient, name: str = "ana") -> Response:
    account: dict[str, Any] = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    return client.post("/user/", json=account)


def confirm(client: TestClient, token: str) -> Response:
    return client.post("/email_confirmation/confirm/", json={"token": token})


def test_a_new_account_waits_for_its_address(client: TestClient, confirming: Mailbox) -> None:
    assert register(client).status_code == 201

    message = confirming.wait()
    assert (message["To"], message["Subject"]) == ("ana@example.com", "Confirm your e-mail address for Pamps")
    assert refusal(log_in(client)) == (403, "email_not_confirmed")
    assert refusal(log_in(client, "wrong horse")) == (401, "bad_credentials")
    token = read_link(message, "email_confirmation")
    assert confirm(client, token).status_code == 204
    assert log_in(client).status_code == 200
    assert refusal(confirm(client, token)) == (403, "bad_link")


def test_the_link_can_be_sent_again_to_who_still_needs_it(
    session: Session, client: TestClient, confirming: Mailbox
) -> None:
    make_user(session, "bia")
    register(client)
    confirming.wait()

    for name in ("ana", "bia", "nobody"):
        assert ask(client, f"{name}@example.com", "email_confirmation").status_code == 202

    message = confirming.wait()
    assert message["To"] == "ana@example.com"
    assert nothing_arrives(confirming)
    assert confirm(client, read_link(message, "email_confirmation")).status_code == 204


def test_a_new_address_counts_once_it_is_confirmed(
    session: Session, ana: User, login: Login, client: TestClient, confirming: Mailbox
) -> None:
    answer = login(ana).patch("/user/me/", json={"email": "new@example.com", "bio": "Hello."})

    assert (answer.json()["email"], answer.json()["bio"]) == ("ana@example.com", "Hello.")
    message = confirming.wait()
    assert message["To"] == "new@example.com"
    assert confirm(client, read_link(message, "email_confirmation")).status_code == 204
    assert login(ana).get("/user/me/").json()["email"] == "new@example.com"
    assert [line.action for line in session.exec(select(AuditEntry))] == ["email_changed"]


def test_an_address_that_somebody_took_meanwhile_is_a_409(
    session: Session, ana: User, login: Login, client: TestClient, confirming: Mailbox
) -> None:
    login(ana).patch("/user/me/", json={"email": "bia@example.com"})
    token = read_link(confirming.wait(), "email_confirmation")
    make_user(session, "bia")

    assert refusal(confirm(client, token)) == (409, "email_taken")


def test_a_reset_confirms_the_address_too(client: TestClient, confirming: Mailbox) -> None:
    register(client)
    confirming.wait()

    reset(client, forget(client, confirming))

    assert log_in(client, "another horse").status_code == 200


def test_where_nobody_asks_for_it_no_mail_is_sent(client: TestClient, mailbox: Mailbox) -> None:
    register(client)

    assert nothing_arrives(mailbox)
    assert log_in(client).status_code == 200


def test_both_purposes_have_a_subject_and_a_text() -> None:
    assert set(email_token.SUBJECTS) == set(email_token.TEXTS) == set(Purpose)
