"""Responses must not leak passwords, hashes, tokens other than the one just issued, or e-mail addresses of
others.

Scans body and headers of the response to a valid request of every operation from every role.
"""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Connection, select
from sqlmodel import Session, SQLModel, col

from pamps.models import User
from pamps.security.tokens import ACCESS_TOKEN_PREFIX, digest
from tests.bad_input.operations import DOCUMENT, GOOD, LISTS, OPERATIONS, Operation, key
from tests.contracts.permissions import ALLOWED, PERMISSIONS, ROLES, WHO
from tests.contracts.roles import Stage, open_stage
from tests.support.factories import PASSWORD, make_access_token, make_session, make_user

# Columns that hold secrets, by their names. Shorter values are numbers and types.
SECRET_COLUMN = re.compile("password|secret|token|hash|code|otp")
SECRET_LENGTH = 16
HASH = re.compile(r"\$(?:2[abxy]?|bcrypt|argon2|scrypt|pbkdf2)[\w-]*\$")
# Possible tokens or codes, and recognisable ones: a JWT, or a personal access token.
WORD = re.compile(r"[\w.-]{8,}")
TOKEN = re.compile(rf"eyJ[\w-]+\.[\w-]+\.[\w-]+|{ACCESS_TOKEN_PREFIX}[\w-]{{20,}}")
PASSWORDS = {value for name, value in GOOD.items() if "password" in name}

# The operations that hand out a secret once, in these fields or in a cookie.
HANDED_OUT = {
    "post /token": {"access_token", "refresh_token"},
    "post /refresh_token": {"access_token", "refresh_token"},
    "post /access_token/": {"token"},
    "post /user/me/totp/": {"secret", "uri"},
    "post /user/me/totp/confirm/": {"recovery_codes"},
    "post /user/me/totp/recovery_codes/": {"recovery_codes"},
    "post /admin/invite/": {"code"},
}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as stage:
        yield stage


@pytest.fixture
def connection(stage: Stage) -> Iterator[Connection]:
    """The stage instead of an empty database."""
    with stage.performance() as connection:
        yield connection


def everything(answer: Response) -> str:
    """Everything a client can read in a response."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items())
    return f"{headers}\n\n{answer.text}"


def without(parts: set[str], text: str) -> str:
    """The text with each of the parts replaced by a gap."""
    for part in parts:
        text = text.replace(part, " ")
    return text


def stored_secrets(connection: Connection) -> set[str]:
    """The secrets of all tables, as stored."""
    columns = [column for table in SQLModel.metadata.sorted_tables for column in table.c]
    secret = [column for column in columns if SECRET_COLUMN.search(column.name)]
    values = {value for column in secret for value in connection.execute(select(column)).scalars()}
    return {value for value in values if isinstance(value, str) and len(value) >= SECRET_LENGTH}


def find_tokens(text: str, stored: set[str]) -> set[str]:
    """Strings that look like a token or whose digest is stored, with or without hyphens."""
    return {
        word
        for word in WORD.findall(text)
        if TOKEN.fullmatch(word) or {digest(word), digest(word.replace("-", ""))} & stored
    }


def emails_of_others(connection: Connection, viewer: User | None) -> set[str]:
    """All e-mail addresses except the viewer's, in lower case."""
    emails = set(connection.execute(select(col(User.email))).scalars())
    return {email.lower() for email in emails - {viewer.email if viewer else ""}}


def documents_email(operation: Operation) -> bool:
    """Whether the response may contain an e-mail address, according to its documentation."""
    responses = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    answers = [answer for status, answer in responses.items() if status.startswith("2")]
    names = set(re.findall(r"#/components/schemas/(\w+)", str(answers)))
    return any("email" in DOCUMENT["components"]["schemas"][name]["properties"] for name in names)


def just_made(operation: Operation, answer: Response) -> set[str]:
    """The secrets that the operation is meant to hand out."""
    if key(operation) not in HANDED_OUT or not answer.is_success:
        return set()
    made = find_tokens("\n".join(answer.headers.get_list("set-cookie")), set())
    for field in HANDED_OUT[key(operation)]:
        value = answer.json().get(field)
        made |= set(value) if isinstance(value, list) else {value}
    return made - {None}


@pytest.mark.security(12)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=key)
def test_no_answer_tells_a_secret(
    stage: Stage, connection: Connection, client: TestClient, operation: Operation, role: str
) -> None:
    known, emails = stored_secrets(connection), emails_of_others(connection, stage.roles[role].user)

    answer = stage.send(client, role, operation)

    made = just_made(operation, answer)
    text = without(made, everything(answer))
    known |= stored_secrets(connection)
    assert [secret for secret in known | PASSWORDS if secret in text] == []
    assert HASH.findall(text) == []
    assert find_tokens(text, known) == set()
    assert not made & {stage.roles[role].token, stage.good["refresh_token"]}
    if not (role == "superuser" and documents_email(operation)):
        assert [email for email in emails if email in text.lower()] == []


@pytest.mark.parametrize(
    ("operation", "role"),
    [(o, role) for o in LISTS for role in ROLES if getattr(PERMISSIONS.get(key(o)), role, WHO) is ALLOWED],
)
def test_the_lists_that_were_scanned_are_not_empty(
    stage: Stage, client: TestClient, operation: Operation, role: str
) -> None:
    answer = stage.send(client, role, operation)

    assert answer.json() != []


@pytest.mark.security(12)
def test_the_scan_knows_a_secret_when_it_sees_one(session: Session, connection: Connection) -> None:
    eva = make_user(session, "eva")
    token, pair = make_access_token(session, eva).token, make_session(session, eva)

    assert {eva.password, digest(token)} <= stored_secrets(connection)
    assert PASSWORD in PASSWORDS
    assert HASH.findall(f"{eva.password} $2b$12$x $argon2id$v=19$x") == [
        "$bcrypt-sha256$",
        "$2b$",
        "$argon2id$",
    ]
    assert find_tokens(f'["{token}", "{pair.access_token}"]', set()) == {token, pair.access_token}
    assert find_tokens("a=4711-0815;", {digest("47110815")}) == {"4711-0815"}
