"""Mail that waits: a silent server, no server at all, and the end of the process."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.app import app
from pamps.services import mail
from pamps.services.mail import Mail, drain, post
from tests.services.test_mail import (
    LOGIN,
    MAIL,
    _own_outbox,  # noqa: F401 - a fixture
    logged,
    mailbox,  # noqa: F401 - a fixture
    send,
)
from tests.support.mailbox import (
    HOST,
    PATIENCE_SECONDS,
    Mailbox,
    running_mailbox,
    use_mail_settings,
)
from tests.support.server import REPOSITORY

pytestmark = pytest.mark.once


def test_a_silent_server_blocks_nobody_and_the_queue_is_bounded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mail, "QUEUE_LIMIT", 2)
    monkeypatch.setattr(mail, "_outbox", mail._Outbox())
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        use_mail_settings(monkeypatch, host=HOST, port=port, security="none", timeout=600)
        send(MAIL)
        connection, _ = silent.accept()

        send(MAIL, MAIL)
        assert logged(caplog) == []
        send(MAIL)

        assert logged(caplog) == ["No mail to 'example.com': the queue is full"]
        assert not drain(0.01)
        assert logged(caplog)[1:] == ["3 mails were not sent in time"]
        connection.close()


@pytest.mark.parametrize("env", ["development", "testing"])
def test_without_a_server_mail_is_printed_on_the_console(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], env: str
) -> None:
    use_mail_settings(monkeypatch, env=env)

    send(Mail("ana@example.com", "Olá", "Follow this:\n\nhttps://example.org/?t=token-4711\n"))

    assert capsys.readouterr().err == (
        "\nTo: ana@example.com\nSubject: Olá\n\nFollow this:\n\nhttps://example.org/?t=token-4711\n\n"
    )


def test_without_a_server_production_only_logs_a_warning(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use_mail_settings(monkeypatch, env="production")

    send(MAIL)

    assert capsys.readouterr() == ("", "")
    assert logged(caplog) == ["No mail to 'example.com': mail.host is not set"]


def test_a_closed_console_does_not_make_a_commit_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = open(os.devnull, "w")  # noqa: SIM115 - it is closed at once
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)

    with Session() as session:
        post(session, MAIL)
        session.commit()

        assert not session.in_transaction()


def test_a_stopping_server_sends_queued_mail_without_pauses(
    monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    monkeypatch.setattr(mail, "PAUSES", (3600.0,))
    mailbox.refusal = "451 Later"
    with TestClient(app):
        send(MAIL, Mail("bia@example.com", "Hello", "x"))
        assert mailbox.recipients.get(timeout=PATIENCE_SECONDS) == "ana@example.com"
        mailbox.refusal = ""

    assert [message["To"] for message in mailbox.take_all()] == ["ana@example.com", "bia@example.com"]


FORKING = """
import os, sys
from sqlmodel import Session
from pamps.services.mail import Mail, drain, post

def send(to):
    with Session() as session:
        post(session, Mail(to, "Hello", "x"))
        session.commit()

send("first@example.com")
drain(10)
child = os.fork()
send("parent@example.com" if child else "child@example.com")
left = not drain(10)
if not child:
    os._exit(left)
sys.exit(os.waitpid(child, 0)[1] or left)
"""


def test_a_forked_process_sends_its_own_mails_and_no_other(tmp_path: Path) -> None:
    with running_mailbox("starttls", tmp_path, login=LOGIN) as mailbox:
        environment = {**os.environ, **mailbox.environment}

        forking = subprocess.run([sys.executable, "-c", FORKING], cwd=REPOSITORY, env=environment, timeout=60)

        assert forking.returncode == 0
        recipients = sorted(message["To"] for message in mailbox.take_all())
    assert recipients == ["child@example.com", "first@example.com", "parent@example.com"]
