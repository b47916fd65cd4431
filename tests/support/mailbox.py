"""A real mail server that keeps what it is given."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from queue import Empty, Queue
from selectors import DefaultSelector
from typing import Any, Literal

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pamps.config import settings

HOST = "127.0.0.1"
PATIENCE_SECONDS = 10
Security = Literal["starttls", "tls", "none"]


class Mailbox:
    """What arrived, and how to get there. `refusal` is the answer to every recipient while it is set, such as
    `550 Unknown`; `recipients` are those that were tried, also in vain."""

    def __init__(self, security: Security, authority: Path | None, login: tuple[str, str] | None) -> None:
        self.security = security
        self.authority = authority
        self.username, self.password = login or ("", "")
        self.port = 0
        self.refusal = ""
        self.recipients: Queue[str] = Queue()
        self._messages: Queue[EmailMessage] = Queue()

    def wait(self) -> EmailMessage:
        """The next mail, taken out."""
        return self._messages.get(timeout=PATIENCE_SECONDS)

    def take_all(self) -> list[EmailMessage]:
        """What is there now, taken out; drain the outbox first to know that there is no more to come."""
        messages = []
        try:
            while True:
                messages.append(self._messages.get_nowait())
        except Empty:
            return messages

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of `[mail]` with which a mail gets here."""
        return {
            "host": HOST,
            "port": self.port,
            "security": self.security,
            "username": self.username,
            "password": self.password,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same, and the trust in its certificate, for another process."""
        trust = {"SSL_CERT_FILE": str(self.authority)} if self.authority else {}
        return {f"PAMPS_MAIL__{name}": str(value) for name, value in self.settings.items()} | trust

    def use(self, patch: pytest.MonkeyPatch, **changes: Any) -> None:
        """Let this process send its mail here, with other settings of `[mail]` as they are given."""
        use_mail_settings(patch, **{**self.settings, **changes})
        if self.authority:
            patch.setenv("SSL_CERT_FILE", str(self.authority))

    # What the server calls.

    def log_in(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == (self.username, self.password), handled=False)

    async def handle_RCPT(  # noqa: N802 - the name is the server's
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients.put(address)
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self._messages.put(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class _Server(Controller):
    """Listens on a free port if none is given, where the library would look for itself at port 0, and hangs
    up when it stops, where the library leaves open sockets behind."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        self._connections: list[SMTP] = []
        self._selector = DefaultSelector()
        super().__init__(mailbox, loop=asyncio.SelectorEventLoop(self._selector), **options)

    def factory(self) -> SMTP:
        self._connections.append(super().factory())  # type: ignore[no-untyped-call]
        return self._connections[-1]

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(PATIENCE_SECONDS)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        assert self.server is not None
        self.server.close()
        for connection in self._connections:
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        while len(self._selector.get_map()) > 1:  # the loop itself
            await asyncio.sleep(0)
        for _ in range(3):  # what is not listened to any more is closed in one of the next rounds
            await asyncio.sleep(0)


@contextmanager
def running_mailbox(
    security: Security = "none",
    folder: Path | None = None,
    *,
    login: tuple[str, str] | None = None,
    port: int = 0,
    name: str = HOST,
) -> Iterator[Mailbox]:
    """A mail server until the end of the block, in a thread of its own.

    With `starttls` and `tls` nothing else is taken; its certificate is for `name`, and that of who signed it
    is written to a file in `folder`. With `login`, which needs `starttls`, only who knows it may send.
    """
    context = authority = None
    if security != "none":
        assert folder is not None
        authority = folder / "authority.pem"
        context = _server_context(authority, name)
    mailbox = Mailbox(security, authority, login)
    controller = _Server(
        mailbox,
        hostname=HOST,
        port=port,
        server_hostname="mail.example.com",
        ssl_context=context if security == "tls" else None,
        tls_context=context if security == "starttls" else None,
        require_starttls=security == "starttls",
        auth_required=login is not None,
        authenticator=mailbox.log_in,
    )
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


def _server_context(authority: Path, name: str) -> ssl.SSLContext:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(authority)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(name).configure_cert(context)
    return context


def use_mail_settings(patch: pytest.MonkeyPatch, *, env: str = "testing", **changes: Any) -> None:
    """Change settings of `[mail]`, or the environment, for one test."""
    mail = settings.mail.model_copy(update=changes)
    patch.setattr("pamps.services.mail.settings", settings.model_copy(update={"env": env, "mail": mail}))
