"""Mail: after the commit, in the background, to a real server."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlmodel import Session

from pamps.services import mail
from pamps.services.mail import Mail, drain, post
from tests.support.mailbox import (
    HOST,
    PATIENCE_SECONDS,
    Mailbox,
    Security,
    running_mailbox,
    use_mail_settings,
)

pytestmark = pytest.mark.once

SECRETS = ("ana", "Reset", "token-4711", "hunter2")
MAIL = Mail("ana@example.com", "Reset your password", "Follow https://example.org/?t=token-4711")
LOGIN = ("postman", "hunter2")


@pytest.fixture(autouse=True)
def _own_outbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has its own queue and thread, and leaves nothing to send behind."""
    monkeypatch.setattr(mail, "_outbox", mail._Outbox())
    monkeypatch.setattr(mail, "PAUSES", (0.01, 0.01))
    yield
    assert drain(PATIENCE_SECONDS)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with running_mailbox() as mailbox:
        mailbox.use(monkeypatch)
        yield mailbox


def send(*mails: Mail) -> None:
    """Post in a transaction that is committed."""
    with Session() as session:
        for one in mails:
            post(session, one)
        session.commit()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What our log says, which never names a person, a text or a password."""
    records = [record for record in caplog.records if record.name == "pamps.services.mail"]
    lines = [record.getMessage() for record in records]
    assert not any(secret in line for secret in SECRETS for line in lines)
    assert not any(record.exc_info for record in records)
    return lines


def test_a_mail_arrives_after_the_commit_and_not_before(session: Session, mailbox: Mailbox) -> None:
    post(session, MAIL)
    assert drain(PATIENCE_SECONDS)
    assert mailbox.take_all() == []

    session.commit()

    assert mailbox.wait()["To"] == "ana@example.com"
    session.commit()
    assert drain(PATIENCE_SECONDS)
    assert mailbox.take_all() == []


def test_a_mail_says_who_sends_it_and_that_nobody_typed_it(
    monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    mailbox.use(monkeypatch, sender="Pámps <post@pamps.example>")

    send(Mail("ana@example.com", "Olá, você 🐦", "Grüße,\n.\nПривет\n"))

    message = mailbox.wait()
    assert message["From"] == "Pámps <post@pamps.example>"
    assert message["Subject"] == "Olá, você 🐦"
    assert abs(message["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)
    assert message["Message-ID"].endswith("@pamps.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().splitlines() == ["Grüße,", ".", "Привет"]
    assert message.defects == []


def test_nothing_is_sent_after_a_rollback(session: Session, mailbox: Mailbox) -> None:
    post(session, MAIL)
    session.rollback()
    session.commit()
    post(session, MAIL)
    session.close()
    session.commit()

    assert drain(PATIENCE_SECONDS)
    assert mailbox.take_all() == []


def test_a_savepoint_sends_with_the_whole_and_takes_its_own_back(session: Session, mailbox: Mailbox) -> None:
    with session.begin_nested():
        post(session, Mail("kept@example.com", "", ""))
        with session.begin_nested() as attempt:
            post(session, MAIL)
            attempt.rollback()
    assert drain(PATIENCE_SECONDS)
    assert mailbox.take_all() == []

    session.commit()
    with session.begin_nested():
        post(session, MAIL)
    session.rollback()
    session.commit()

    assert mailbox.wait()["To"] == "kept@example.com"
    assert drain(PATIENCE_SECONDS)
    assert mailbox.take_all() == []


@pytest.mark.parametrize(
    ("security", "login"), [("none", None), ("starttls", None), ("tls", None), ("starttls", LOGIN)]
)
def test_a_mail_arrives_in_each_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, security: Security, login: tuple[str, str] | None
) -> None:
    with running_mailbox(security, tmp_path, login=login) as mailbox:
        mailbox.use(monkeypatch)

        send(MAIL)

        assert mailbox.wait()["Subject"] == "Reset your password"


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["name", "authority"])
def test_a_wrong_certificate_gets_neither_mail_nor_password(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    security: Security,
    wrong: str,
) -> None:
    name = "mail.example.org" if wrong == "name" else HOST
    with running_mailbox(security, tmp_path, name=name) as mailbox:
        mailbox.use(monkeypatch, username="postman", password="hunter2")
        if wrong == "authority":
            monkeypatch.delenv("SSL_CERT_FILE")

        send(MAIL)

        assert drain(PATIENCE_SECONDS)
        assert mailbox.take_all() == []
    (line,) = logged(caplog)
    assert line.startswith(
        "No mail to 'example.com': SSLCertVerificationError [SSL: CERTIFICATE_VERIFY_FAILED]"
    )


def test_no_password_goes_to_a_server_without_starttls(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mailbox: Mailbox
) -> None:
    mailbox.use(monkeypatch, security="starttls", username="postman", password="hunter2")

    send(MAIL)

    assert drain(PATIENCE_SECONDS)
    assert mailbox.take_all() == []
    assert logged(caplog) == [f"No mail to 'example.com': SMTPNotSupportedError (127.0.0.1:{mailbox.port})"]


@pytest.mark.security(22)
def test_a_wrong_password_is_in_the_log_without_the_password(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with running_mailbox("starttls", tmp_path, login=("postman", "another")) as mailbox:
        mailbox.use(monkeypatch, password="hunter2")

        send(MAIL)

        assert drain(PATIENCE_SECONDS)
    assert logged(caplog) == [
        f"No mail to 'example.com': SMTPAuthenticationError 535 (127.0.0.1:{mailbox.port})"
    ]


def test_a_mail_waits_for_a_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mail, "PAUSES", (0.02,) * 500)
    with socket.create_server((HOST, 0)) as dying:
        port = dying.getsockname()[1]
        use_mail_settings(monkeypatch, host=HOST, port=port, security="none")
        send(MAIL)
        dying.accept()[0].close()

    with running_mailbox(port=port) as mailbox:
        assert mailbox.wait()["To"] == "ana@example.com"
    assert logged(caplog) == []


def test_a_transient_refusal_is_retried_a_few_times(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mailbox: Mailbox
) -> None:
    monkeypatch.setattr(mail, "PAUSES", (0.05, 0.1))
    mailbox.refusal = "451 Later"
    started = monotonic()

    send(MAIL)

    for _ in range(3):
        assert mailbox.recipients.get(timeout=PATIENCE_SECONDS) == "ana@example.com"
    assert monotonic() - started >= 0.15
    assert drain(PATIENCE_SECONDS)
    assert mailbox.recipients.empty()
    assert logged(caplog) == [
        f"No mail to 'example.com': SMTPRecipientsRefused 451 (127.0.0.1:{mailbox.port})"
    ]


def test_a_refusal_for_good_is_not_tried_again(caplog: pytest.LogCaptureFixture, mailbox: Mailbox) -> None:
    mailbox.refusal = "550 There is no ana@example.com"

    send(MAIL)

    assert drain(PATIENCE_SECONDS)
    assert mailbox.recipients.qsize() == 1
    assert logged(caplog) == [
        f"No mail to 'example.com': SMTPRecipientsRefused 550 (127.0.0.1:{mailbox.port})"
    ]


@pytest.mark.security(22)
@pytest.mark.parametrize(
    "bad",
    [
        Mail("ana@example.com\r\nBcc: eve@example.net", "Hello", "x"),
        Mail("ana@example.com\n", "Hello", "x"),
        Mail("ana@example.com, eve@example.net", "Hello", "x"),
        Mail("ana", "Hello", "x"),
        Mail("", "Hello", "x"),
        Mail("ana@example.com", "Reset\r\nBcc: eve@example.net", "x"),
        Mail("ana@example.com", "Reset\n", "x"),
        Mail("ana@example.com", "Hello", "token-4711\ud800"),
    ],
)
def test_an_invalid_mail_is_logged_and_the_next_one_arrives(
    caplog: pytest.LogCaptureFixture, mailbox: Mailbox, bad: Mail
) -> None:
    send(bad, Mail("bia@example.com", "Hello", "x"))

    assert mailbox.wait()["To"] == "bia@example.com"
    (line,) = logged(caplog)
    assert line.startswith("No mail to '")
    assert line.isprintable()
    assert mailbox.take_all() == []


def test_a_domain_in_another_script_is_written_for_the_dns(mailbox: Mailbox) -> None:
    send(Mail("ana@bücher.example", "Hello", "x"))

    assert mailbox.wait()["To"] == "ana@xn--bcher-kva.example"
    assert mailbox.recipients.get_nowait() == "ana@xn--bcher-kva.example"
