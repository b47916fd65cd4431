"""Mail, sent in the background after the commit of the transaction that caused it."""

import logging
import os
import smtplib
import ssl
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from functools import partial
from queue import Full, Queue
from threading import Event, Lock, Thread
from weakref import WeakKeyDictionary

from email_validator import validate_email
from sqlalchemy import event
from sqlmodel import Session

from pamps.config import settings

logger = logging.getLogger(__name__)

QUEUE_LIMIT = 1000
PAUSES = (1.0, 5.0, 30.0)  # seconds before each retry; queued mails wait as well
POLICY = policy.SMTP.clone(cte_type="7bit")  # not every server supports 8BITMIME


@dataclass(frozen=True)
class Mail:
    """A plain-text mail to one address."""

    to: str
    subject: str
    text: str


def post(session: Session, mail: Mail) -> None:
    """Send `mail` after the transaction of `session` is committed; never if the transaction or the current
    savepoint is rolled back.

    Does not block, and failures are not reported to the caller: after a few attempts they are logged, with
    only the recipient's domain. Without a mail server the mail is printed on stderr; in production a warning
    is logged instead.
    """
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    # Keyed by transaction: one that ends without a commit drops its mails.
    session.info.setdefault("mails", WeakKeyDictionary()).setdefault(transaction, []).append(mail)


def drain(seconds: float) -> bool:
    """Wait at most `seconds` until every mail is sent or abandoned; returns whether that was achieved.

    For the end of a process, which loses queued mails: retries no longer pause.
    """
    return _outbox.drain(seconds)


@event.listens_for(Session, "after_commit")
def _on_commit(session: Session) -> None:
    mails = session.info.get("mails")
    if not mails:
        return  # the common case
    if savepoint := session.get_nested_transaction():
        mails.setdefault(savepoint.parent, []).extend(mails.pop(savepoint, []))
        return
    for mail in mails.pop(session.get_transaction(), []):
        _hand_over(mail)


def _hand_over(mail: Mail) -> None:
    """Neither blocks nor raises: the transaction is committed and must not appear to have failed."""
    if settings.mail.host:
        _outbox.put(mail)
    elif settings.env == "production":
        logger.warning("No mail to %r: mail.host is not set", _domain(mail.to))
    else:
        with suppress(OSError, ValueError):  # stderr may be closed
            sys.stderr.write(f"\nTo: {mail.to}\nSubject: {mail.subject}\n\n{mail.text.rstrip()}\n\n")
            sys.stderr.flush()


class _Outbox:
    """The in-memory queue and the single thread that sends from it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._queue: Queue[Mail] = Queue(QUEUE_LIMIT)
        self._hurry = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def put(self, mail: Mail) -> None:
        try:
            self._queue.put_nowait(mail)
        except Full:
            logger.error("No mail to %r: the queue is full", _domain(mail.to))
        with self._lock, suppress(RuntimeError):  # cannot start a thread: the next mail tries again
            if self._thread is None:
                thread = Thread(target=self._work, name="mail", daemon=True)
                thread.start()
                self._thread = thread

    def drain(self, seconds: float) -> bool:
        self._hurry.set()
        with self._queue.all_tasks_done:
            done = self._queue.all_tasks_done.wait_for(lambda: not self._queue.unfinished_tasks, seconds)
        self._hurry.clear()
        if not done:
            logger.error("%s mails were not sent in time", self._queue.unfinished_tasks)
        return done

    def _work(self) -> None:
        while True:
            mail = self._queue.get()
            try:
                self._send(mail)
            except Exception as error:  # must not keep the next mail from being sent
                server = f"{settings.mail.host}:{settings.mail.port}"
                logger.error("No mail to %r: %s (%s)", _domain(mail.to), _reason(error), server)
            finally:
                self._queue.task_done()

    def _send(self, mail: Mail) -> None:
        message = _message(mail)  # built once: a duplicate delivery keeps its Message-ID
        for pause in PAUSES:
            try:
                return _transmit(message)
            except OSError as error:
                if (_code(error) or 0) >= 500:
                    raise
            self._hurry.wait(pause)
        return _transmit(message)


def _message(mail: Mail) -> EmailMessage:
    if len(f"{mail.subject}.".splitlines()) > 1:  # the library accepts a line break at the end
        raise ValueError("a subject is one line")
    # Exactly one address; an internationalised domain becomes its ASCII (IDNA) form.
    to = validate_email(
        mail.to, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False
    ).ascii_email
    message = EmailMessage(policy=POLICY)
    message["From"] = settings.mail.sender
    message["To"] = to
    message["Subject"] = mail.subject
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = make_msgid(domain=_domain(parseaddr(settings.mail.sender)[1]) or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _transmit(message: EmailMessage) -> None:
    mail = settings.mail
    # The default context verifies certificates; the one of smtplib does not.
    context = None if mail.security == "none" else ssl.create_default_context()
    connect = partial(smtplib.SMTP_SSL, context=context) if mail.security == "tls" else smtplib.SMTP
    with closing(connect(mail.host, mail.port, timeout=mail.timeout)) as server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.username:
            server.login(mail.username, mail.password)
        server.send_message(message)
        with suppress(smtplib.SMTPException):  # the mail is already sent
            server.quit()


def _code(error: Exception) -> int | None:
    """The SMTP reply code, if the server sent one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return getattr(error, "smtp_code", None)


def _reason(error: Exception) -> str:
    """The failure without the server's message, which may quote the mail."""
    return f"{type(error).__name__} {_code(error) or getattr(error, 'strerror', None) or ''}".rstrip()


def _domain(address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else ""


_outbox = _Outbox()
if hasattr(os, "register_at_fork"):  # a fork has no thread, and its parent sends the queued mails
    os.register_at_fork(after_in_child=_outbox.reset)
