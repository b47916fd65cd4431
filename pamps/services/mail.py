"""Mail: sent in the background once the transaction that it tells about is committed."""

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
PAUSES = (1.0, 5.0, 30.0)  # seconds before each further try; the mails behind wait, too
POLICY = policy.SMTP.clone(cte_type="7bit")  # not every server takes 8 bits


@dataclass(frozen=True)
class Mail:
    """A plain text to one address."""

    to: str
    subject: str
    text: str


def post(session: Session, mail: Mail) -> None:
    """Send `mail` once the transaction of `session` is committed; never if that, or the savepoint that we are
    in, is rolled back.

    Nobody waits for it and nobody hears of a failure: after a few tries only the log knows, which names the
    domain of the recipient and no more. Without a mail server the mail is shown on stderr, except in
    production, where a warning says that there is none.
    """
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    # By transaction: one that ends without a commit takes its mails with it.
    session.info.setdefault("mails", WeakKeyDictionary()).setdefault(transaction, []).append(mail)


def drain(seconds: float) -> bool:
    """Wait until every mail is sent or given up, at most so long; returns whether that is so.

    For the end of a process, which loses what still waits: there is no pause before another try any more.
    """
    return _outbox.drain(seconds)


@event.listens_for(Session, "after_commit")
def _on_commit(session: Session) -> None:
    mails = session.info.get("mails")
    if not mails:
        return  # nearly every commit
    if savepoint := session.get_nested_transaction():
        mails.setdefault(savepoint.parent, []).extend(mails.pop(savepoint, []))
        return
    for mail in mails.pop(session.get_transaction(), []):
        _hand_over(mail)


def _hand_over(mail: Mail) -> None:
    """Neither waits nor raises: what is committed must not look as if it had failed."""
    if settings.mail.host:
        _outbox.put(mail)
    elif settings.env == "production":
        logger.warning("No mail to %r: mail.host is not set", _domain(mail.to))
    else:
        with suppress(OSError, ValueError):  # stderr may be closed
            sys.stderr.write(f"\nTo: {mail.to}\nSubject: {mail.subject}\n\n{mail.text.rstrip()}\n\n")
            sys.stderr.flush()


class _Outbox:
    """The mails that wait, in memory, and the one thread that sends them."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        self._queue: Queue[Mail] = Queue(QUEUE_LIMIT)
        self._hurry = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def put(self, mail: Mail) -> None:
        try:
            self._queue.put_nowait(mail)
        except Full:
            logger.error("No mail to %r: too many wait already", _domain(mail.to))
        with self._lock, suppress(RuntimeError):  # no thread to be had: the next mail asks again
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
            except Exception as error:  # whatever it is, the next mail is another one
                server = f"{settings.mail.host}:{settings.mail.port}"
                logger.error("No mail to %r: %s (%s)", _domain(mail.to), _reason(error), server)
            finally:
                self._queue.task_done()

    def _send(self, mail: Mail) -> None:
        message = _message(mail)  # once: whoever gets it twice can tell by its number
        for pause in PAUSES:
            try:
                return _transmit(message)
            except OSError as error:
                if (_code(error) or 0) >= 500:
                    raise
            self._hurry.wait(pause)
        return _transmit(message)


def _message(mail: Mail) -> EmailMessage:
    if len(f"{mail.subject}.".splitlines()) > 1:  # the library lets a break at the end pass
        raise ValueError("a subject is one line")
    # One address and nothing else; a domain in another script becomes what the DNS knows it by.
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
    # The default context checks certificates; that of smtplib does not.
    context = None if mail.security == "none" else ssl.create_default_context()
    connect = partial(smtplib.SMTP_SSL, context=context) if mail.security == "tls" else smtplib.SMTP
    with closing(connect(mail.host, mail.port, timeout=mail.timeout)) as server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.username:
            server.login(mail.username, mail.password)
        server.send_message(message)
        with suppress(smtplib.SMTPException):  # it is sent already
            server.quit()


def _code(error: Exception) -> int | None:
    """What the server answered, if it did."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return getattr(error, "smtp_code", None)


def _reason(error: Exception) -> str:
    """What went wrong, without the words of the server, which may quote ours."""
    return f"{type(error).__name__} {_code(error) or getattr(error, 'strerror', None) or ''}".rstrip()


def _domain(address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else ""


_outbox = _Outbox()
if hasattr(os, "register_at_fork"):  # a fork has no thread, and its mails are for its parent to send
    os.register_at_fork(after_in_child=_outbox.start_anew)
