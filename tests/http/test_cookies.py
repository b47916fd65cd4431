"""The refresh token of browsers, in a cookie."""

from http.cookies import Morsel, SimpleCookie

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from pamps.app import app
from pamps.http import cookies
from tests.routes import refusal
from tests.support.factories import PASSWORD, make_user

SAME_ORIGIN = {"Origin": "https://testserver", "Sec-Fetch-Site": "same-origin"}
CROSS_ORIGIN = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://testserver"},
    {"Origin": "http://evil.org"},
    {"Origin": "http://testserver"},
    {"Origin": "https://testserver.evil.org"},
    {"Origin": "https://testserver:8000"},
    {"Origin": "null"},
    {"Origin": ""},
]


@pytest.fixture
def browser(session: Session, client: TestClient) -> TestClient:
    """A browser in which ana has logged in. It keeps the cookie by itself."""
    make_user(session, "ana")
    browser = TestClient(app, base_url="https://testserver")
    log_in(browser)
    return browser


def log_in(client: TestClient, headers: dict[str, str] | None = None, **form: str) -> Response:
    form = {"username": "ana", "password": PASSWORD, "cookie": "true"} | form
    return client.post("/token", data=form, headers=headers)


def cookie_of(answer: Response) -> Morsel[str]:
    jar = SimpleCookie(answer.headers["Set-Cookie"])
    assert list(jar) == [cookies.cookie_name()]
    return jar[cookies.cookie_name()]


@pytest.mark.security(19)
def test_a_browser_login_returns_the_refresh_token_only_in_a_cookie(
    session: Session, client: TestClient
) -> None:
    make_user(session, "ana")

    answer = log_in(client)

    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    cookie = cookie_of(answer)
    assert cookie.value.count(".") == 2
    assert cookie.value not in answer.text
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert (cookie["max-age"], cookie["domain"]) == (str(600 * 60), "")


@pytest.mark.security(19)
def test_outside_development_the_cookie_requires_tls_and_this_host(
    session: Session, client: TestClient
) -> None:
    make_user(session, "ana")

    cookie = cookie_of(log_in(client))

    assert cookie.key == "__Host-pamps_refresh"
    assert cookie["secure"] is True


def test_a_login_of_a_program_sets_no_cookie(session: Session, client: TestClient) -> None:
    make_user(session, "ana")

    assert "Set-Cookie" not in log_in(client, cookie="false").headers


def test_the_cookie_refreshes_itself(browser: TestClient) -> None:
    old = browser.cookies[cookies.cookie_name()]

    answer = browser.post("/refresh_token", headers=SAME_ORIGIN)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    new = cookie_of(answer)
    assert new.value != old
    again = browser.post("/refresh_token", json={"refresh_token": new.value})
    assert again.status_code == 200
    assert "Set-Cookie" not in again.headers


@pytest.mark.security(19)
@pytest.mark.parametrize("headers", CROSS_ORIGIN, ids=str)
def test_no_page_of_another_origin_can_use_the_cookie(browser: TestClient, headers: dict[str, str]) -> None:
    for path in ("/refresh_token", "/logout/"):
        assert refusal(browser.post(path, headers=headers)) == (403, "cross_origin")
    assert browser.post("/refresh_token", headers=SAME_ORIGIN).status_code == 200


def test_a_browser_with_an_expired_access_token_can_refresh(browser: TestClient) -> None:
    headers = SAME_ORIGIN | {"Authorization": "Bearer expired"}

    assert browser.post("/refresh_token", headers=headers).status_code == 200


def test_an_old_browser_that_sends_only_origin_can_use_the_cookie(browser: TestClient) -> None:
    assert browser.post("/refresh_token", headers={"Origin": "https://testserver"}).status_code == 200


@pytest.mark.security(19)
@pytest.mark.parametrize("headers", CROSS_ORIGIN[1:], ids=str)
def test_no_page_of_another_origin_can_log_somebody_in(browser: TestClient, headers: dict[str, str]) -> None:
    answer = log_in(browser, headers)

    assert refusal(answer) == (403, "cross_origin")
    assert "Set-Cookie" not in answer.headers
    without_cookie = log_in(browser, headers, cookie="false")
    assert without_cookie.status_code == 200
    assert "Set-Cookie" not in without_cookie.headers


@pytest.mark.security(8)
@pytest.mark.parametrize("by", ["cookie", "access token"])
def test_logging_out_ends_the_session_and_the_cookie(browser: TestClient, by: str) -> None:
    refresh_token = browser.cookies[cookies.cookie_name()]
    access_token = browser.post("/refresh_token", headers=SAME_ORIGIN).json()["access_token"]
    headers = SAME_ORIGIN if by == "cookie" else {"Authorization": f"Bearer {access_token}"}

    answer = browser.post("/logout/", headers=headers)

    assert answer.status_code == 204
    cookie = cookie_of(answer)
    assert (cookie.value, cookie["max-age"]) == ("", "0")
    assert cookies.cookie_name() not in browser.cookies
    again = browser.post("/refresh_token", json={"refresh_token": refresh_token})
    assert refusal(again) == (401, "invalid_token")
