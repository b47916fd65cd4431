"""A real mail server that keeps the mails it receives."""

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
    """The received mails and the address of the server. `refusal`, if set, is the reply to every recipient,
    such as `550 Unknown`; `recipients` are all that were tried, even if refused."""

    def __init__(self, security: Security, authority: Path | None, login: tuple[str, str] | None) -> None:
        self.security = security
        self.authority = authority
        self.username, self.password = login or ("", "")
        self.port = 0
        self.refusal = ""
        self.recipients: Queue[str] = Queue()
        self._messages: Queue[EmailMessage] = Queue()

    def wait(self) -> EmailMessage:
        """Wait for the next mail and remove it."""
        return self._messages.get(timeout=PATIENCE_SECONDS)

    def take_all(self) -> list[EmailMessage]:
        """Remove and return all mails; drain the outbox first to be sure that no more will arrive."""
        messages = []
        try:
            while True:
                messages.append(self._messages.get_nowait())
        except Empty:
            return messages

    @property
    def settings(self) -> dict[str, Any]:
        """The `[mail]` settings for this server."""
        return {
            "host": HOST,
            "port": self.port,
            "security": self.security,
            "username": self.username,
            "password": self.password,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same as environment variables for another process, which also make it trust the certificate."""
        trust = {"SSL_CERT_FILE": str(self.authority)} if self.authority else {}
        return {f"PAMPS_MAIL__{name}": str(value) for name, value in self.settings.items()} | trust

    def use(self, patch: pytest.MonkeyPatch, **changes: Any) -> None:
        """Make this process send its mail here, with the given `[mail]` settings overridden."""
        use_mail_settings(patch, **{**self.settings, **changes})
        if self.authority:
            patch.setenv("SSL_CERT_FILE", str(self.authority))

    # Callbacks of the server.

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
    """Supports port 0 (any free port), on which the library would try to connect to itself, and closes its
    connections on stop, where the library leaks sockets."""

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
    """Run a mail server in a thread of its own.

    With `starttls` and `tls`, nothing else is accepted; its certificate is for `name`, and the issuer's
    certificate is written to a file in `folder`. With `login`, which requires `starttls`, clients must
    authenticate.
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
    """Change `[mail]` settings for one test."""
    mail = settings.mail.model_copy(update=changes)
    patch.setattr("pamps.services.mail.settings", settings.model_copy(update={"env": env, "mail": mail}))
