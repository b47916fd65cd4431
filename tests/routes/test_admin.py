"""What superusers do, and that it is written down."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import PASSWORD, make_access_token, make_post, make_session, make_user


@pytest.fixture
def eva(session: Session) -> User:
    return make_user(session, "eva", superuser=True)


@pytest.fixture
def admin(eva: User, login: Login) -> TestClient:
    return login(eva, fresh=False)


def log_of(admin: TestClient) -> list[tuple[str, str, str, str]]:
    """The audit log, oldest first."""
    lines = admin.get("/admin/audit/").json()
    return [(line["actor"], line["action"], line["target"], line["address"]) for line in reversed(lines)]


def test_a_superuser_sees_all_accounts_oldest_first(session: Session, eva: User, admin: TestClient) -> None:
    make_user(session, "ana", active=False)

    listed = admin.get("/admin/user/").json()

    assert [row["username"] for row in listed] == ["eva", "ana"]
    assert set(listed[0]) == {
        *("id", "username", "email", "superuser", "is_active", "confirmed", "avatar", "bio", "created_at"),
        *("followers", "following", "posts"),
    }
    assert [(row["superuser"], row["is_active"], row["email"]) for row in listed] == [
        (True, True, "eva@example.com"),
        (False, False, "ana@example.com"),
    ]


@pytest.mark.security(16)
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=ANA", ["ana", "Diana"]),
        ("q=bia@EXAMPLE", ["b_ia"]),
        ("q=_", ["b_ia"]),
        ("q=%25", []),
        ("q=%5C", []),
        ("is_active=false", ["Diana"]),
        ("is_active=true&q=example.com&limit=2", ["eva", "ana"]),
    ],
)
def test_accounts_are_found_by_a_part_of_name_or_address(
    session: Session, admin: TestClient, query: str, names: list[str]
) -> None:
    make_user(session, "ana")
    bia = make_user(session, "b_ia")
    bia.email = "bia@example.com"
    make_user(session, "Diana", active=False)

    assert [row["username"] for row in admin.get(f"/admin/user/?{query}").json()] == names


@pytest.mark.security(9)
def test_deactivation_ends_access_at_once_and_keeps_posts(
    session: Session, eva: User, admin: TestClient, client: TestClient, login: Login
) -> None:
    ana = make_user(session, "ana")
    post = make_post(session, ana)
    by_session, by_token = login(ana), client.__class__(client.app)
    by_token.headers["Authorization"] = f"Bearer {make_access_token(session, ana).token}"
    refresh_token = make_session(session, ana).refresh_token

    answer = admin.post(f"/admin/user/{ana.id}/deactivate/")

    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    for out in (by_session, by_token):
        assert refusal(out.get("/user/me/")) == (401, "invalid_token")
    again = client.post("/refresh_token", json={"refresh_token": refresh_token})
    assert refusal(again) == (401, "invalid_token")
    logging_in = client.post("/token", data={"username": "ana", "password": PASSWORD})
    assert refusal(logging_in) == (401, "bad_credentials")
    assert client.get(f"/post/{post.id}/").status_code == 200
    assert log_of(admin)[-1] == ("eva", "deactivated", "ana", "testclient")


def test_activation_restores_logins_and_not_old_sessions(
    session: Session, admin: TestClient, client: TestClient, login: Login
) -> None:
    ana = make_user(session, "ana")
    old = login(ana)
    admin.post(f"/admin/user/{ana.id}/deactivate/")

    answer = admin.post(f"/admin/user/{ana.id}/activate/")

    assert (answer.status_code, answer.json()["is_active"]) == (200, True)
    assert client.post("/token", data={"username": "ana", "password": PASSWORD}).status_code == 200
    assert refusal(old.get("/user/me/")) == (401, "invalid_token")
    assert log_of(admin)[-1] == ("eva", "activated", "ana", "testclient")


def test_a_superuser_deletes_a_user(session: Session, admin: TestClient, client: TestClient) -> None:
    ana = make_user(session, "ana")
    post = make_post(session, ana)

    assert admin.delete(f"/admin/user/{ana.id}/").status_code == 204

    assert refusal(client.get("/user/ana/")) == (404, "user_not_found")
    assert refusal(client.get(f"/post/{post.id}/")) == (404, "post_not_found")
    assert log_of(admin)[-1] == ("eva", "user_deleted", "ana", "testclient")


@pytest.mark.parametrize("address", ["/admin/post/{}/", "/post/{}/"])
def test_a_superuser_deletes_a_post_of_somebody_else(
    session: Session, admin: TestClient, client: TestClient, address: str
) -> None:
    post = make_post(session, make_user(session))

    assert admin.delete(address.format(post.id)).status_code == 204

    assert refusal(client.get(f"/post/{post.id}/")) == (404, "post_not_found")
    assert log_of(admin) == [("eva", "post_deleted", f"post {post.id}", "testclient")]


def test_deleting_an_own_post_is_not_written_down(session: Session, eva: User, admin: TestClient) -> None:
    post = make_post(session, eva)

    admin.delete(f"/post/{post.id}/")

    assert log_of(admin) == []


@pytest.mark.parametrize(
    ("method", "address", "code"),
    [
        ("POST", "/admin/user/{}/deactivate/", "user_not_found"),
        ("POST", "/admin/user/{}/activate/", "user_not_found"),
        ("DELETE", "/admin/user/{}/", "user_not_found"),
        ("DELETE", "/admin/post/{}/", "post_not_found"),
        ("DELETE", "/admin/invite/{}/", "invite_not_found"),
    ],
)
def test_what_is_not_there_is_a_404_and_no_act(
    admin: TestClient, method: str, address: str, code: str
) -> None:
    assert refusal(admin.request(method, address.format(2**63 - 1))) == (404, code)
    assert log_of(admin) == []


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/admin/user/{}/deactivate/"),
        ("POST", "/admin/user/{}/activate/"),
        ("DELETE", "/admin/user/{}/"),
    ],
)
def test_no_superuser_locks_themselves_out(eva: User, admin: TestClient, method: str, address: str) -> None:
    assert refusal(admin.request(method, address.format(eva.id))) == (409, "own_account")
    assert admin.get("/user/me/").status_code == 200


def test_what_changes_nothing_is_no_act(session: Session, eva: User, admin: TestClient) -> None:
    ana = make_user(session, "ana")

    for _ in range(2):
        assert admin.post(f"/admin/user/{ana.id}/activate/").status_code == 200

    assert log_of(admin) == []


def test_activation_confirms_the_address(session: Session, admin: TestClient) -> None:
    ana = make_user(session, "ana")
    ana.confirmed = False
    session.commit()

    answer = admin.post(f"/admin/user/{ana.id}/activate/")

    assert answer.json()["confirmed"] is True
    assert log_of(admin)[-1][1] == "activated"


def test_the_powers_of_a_superuser_want_a_login(
    session: Session, eva: User, client: TestClient, login: Login
) -> None:
    post = make_post(session, make_user(session, "ana"))
    client.headers["Authorization"] = f"Bearer {make_access_token(session, eva).token}"

    assert refusal(client.delete(f"/post/{post.id}/")) == (403, "not_author")
    assert "email" not in client.get("/user/ana/").json()
    assert client.patch("/user/me/", json={"bio": "Still in power."}).status_code == 200
    assert login(eva).delete(f"/post/{post.id}/").status_code == 204


def test_the_log_outlives_who_is_in_it(session: Session, eva: User, admin: TestClient, login: Login) -> None:
    zoe = make_user(session, "zoe", superuser=True)
    ana = make_user(session, "ana")
    login(zoe).post(f"/admin/user/{ana.id}/deactivate/")
    for user in (ana, zoe):
        admin.delete(f"/admin/user/{user.id}/")

    assert [line[:3] for line in log_of(admin)] == [
        ("zoe", "deactivated", "ana"),
        ("eva", "user_deleted", "ana"),
        ("eva", "user_deleted", "zoe"),
    ]
