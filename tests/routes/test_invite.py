"""Who may register: everybody, who has an invite, or nobody."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from pamps.config import settings
from pamps.models import AuditEntry, Invite
from pamps.models.types import utc_now
from pamps.services import invite as invite_service
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import make_user


@pytest.fixture
def admin(session: Session, login: Login) -> TestClient:
    return login(make_user(session, "eva", superuser=True))


def use_mode(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    accounts = settings.accounts.model_copy(update={"registration": mode})
    monkeypatch.setattr(invite_service, "settings", settings.model_copy(update={"accounts": accounts}))


def register(client: TestClient, name: str, **more: Any) -> Response:
    account = {"email": f"{name}@example.com", "username": name, "password": "correct horse"}
    return client.post("/user/", json=account | more)


def make_code(admin: TestClient, **more: Any) -> str:
    answer = admin.post("/admin/invite/", json=more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def test_where_registration_is_closed_nobody_registers(
    client: TestClient, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mode(monkeypatch, "closed")
    code = make_code(admin)

    for more in ({}, {"invite": code}):
        assert refusal(register(client, "ana", **more)) == (403, "registration_closed")


def test_an_invite_lets_one_person_in(
    client: TestClient, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mode(monkeypatch, "invite")
    code = make_code(admin)

    assert register(client, "ana", invite=code).status_code == 201
    assert refusal(register(client, "bia", invite=code)) == (403, "bad_invite")
    assert client.get("/user/bia/").status_code == 404


@pytest.mark.parametrize("more", [{}, {"invite": None}, {"invite": ""}, {"invite": "x"}, {"invite": "%"}])
def test_without_a_good_invite_nobody_is_let_in(
    client: TestClient, admin: TestClient, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    use_mode(monkeypatch, "invite")
    make_code(admin)

    assert refusal(register(client, "ana", **more)) == (403, "bad_invite")


def test_a_registration_that_fails_uses_no_invite_up(
    client: TestClient, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mode(monkeypatch, "invite")
    code = make_code(admin)

    taken = register(client, "eva", email="other@example.com", invite=code)
    assert refusal(taken) == (409, "username_taken")
    assert register(client, "ana", invite=code).status_code == 201


def test_an_invite_may_be_good_for_several(
    client: TestClient, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mode(monkeypatch, "invite")
    code = make_code(admin, uses=2, note="For the club")

    assert [register(client, name, invite=code).status_code for name in ("ana", "bia", "cora")] == [
        201,
        201,
        403,
    ]


def test_an_invite_ends_when_it_says_and_when_it_is_revoked(
    session: Session, client: TestClient, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mode(monkeypatch, "invite")
    over, revoked = make_code(admin, expires_at="2999-01-01T00:00:00Z"), make_code(admin)
    first, second = session.exec(select(Invite).order_by("id")).all()
    first.expires_at = utc_now() - timedelta(seconds=1)
    session.commit()

    assert admin.delete(f"/admin/invite/{second.id}/").status_code == 204

    for code in (over, revoked):
        assert refusal(register(client, "ana", invite=code)) == (403, "bad_invite")


def test_where_all_may_register_an_invite_does_not_matter(client: TestClient, admin: TestClient) -> None:
    code = make_code(admin)

    assert register(client, "ana", invite="nonsense").status_code == 201
    assert register(client, "bia", invite=code).status_code == 201
    assert admin.get("/admin/invite/").json()[0]["uses_left"] == 1


def test_a_code_is_shown_once_and_kept_as_a_hash(session: Session, admin: TestClient) -> None:
    made = admin.post("/admin/invite/", json={"note": "For bia"}).json()

    (listed,) = admin.get("/admin/invite/").json()
    assert listed == {name: value for name, value in made.items() if name != "code"}
    assert (made["note"], made["uses_left"], made["expires_at"], made["made_by"]) == (
        "For bia",
        1,
        None,
        "eva",
    )
    stored = session.exec(select(Invite)).one()
    assert made["code"] not in stored.model_dump_json()
    assert len(made["code"]) == 24


def test_making_and_revoking_is_written_down(session: Session, admin: TestClient) -> None:
    made = admin.post("/admin/invite/", json={}).json()
    admin.delete(f"/admin/invite/{made['id']}/")

    lines = session.exec(select(AuditEntry).order_by("id")).all()
    assert [(line.actor, line.action, line.target) for line in lines] == [
        ("eva", "invite_made", f"invite {made['id']}"),
        ("eva", "invite_revoked", f"invite {made['id']}"),
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"uses": 0}, "uses"),
        ({"uses": 10_001}, "uses"),
        ({"uses": "1"}, "uses"),
        ({"note": "x" * 101}, "note"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_an_invite_that_cannot_be_is_refused(admin: TestClient, more: dict[str, Any], field: str) -> None:
    assert wrong_fields(admin.post("/admin/invite/", json=more)) == [f"body.{field}"]
