"""The pages: nothing comes from elsewhere, no other script runs in them, and in a real browser they do what
they are for."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import TEST_URI
from tests.support.browser import CHROMIUM, Browser, Page, running_browser
from tests.support.databases import empty_database
from tests.support.mailbox import Mailbox, running_mailbox
from tests.support.server import Server, running_server

pytestmark = pytest.mark.once

PAGES = ["/docs", "/redoc"]
LINK_PAGES = ["/password_reset/", "/email_confirmation/"]
DOCUMENTED_ADDRESS = "http://127.0.0.1:8000"
STATUS = "document.querySelector('[role=status]').textContent"
# ReDoc asks for it whatever it is told, and does without it.
LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"

# A script that would be seen to have run, and ways to have it run in a page.
SCRIPT = "document.title = 'trapped'"
WAYS_IN = {
    f"document.body.append(Object.assign(document.createElement('script'), {{text: {SCRIPT!r}}}))": "elem",
    f"document.body.setAttribute('onclick', {SCRIPT!r}); document.body.click()": "attr",
    f"Object.assign(document.createElement('a'), {{href: {'javascript:' + SCRIPT!r}}}).click()": "elem",
}
TEXT = (
    f'<script>{SCRIPT}</script><img src=x onerror="{SCRIPT}"><a href="javascript:{SCRIPT}">javascript:x</a>'
)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


class Addresses(HTMLParser):
    """Everything that a page loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("src", "href") and value]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_and_all_that_it_loads_come_from_here(client: TestClient, path: str) -> None:
    page = client.get(path)
    addresses = Addresses(page.text).found

    assert page.status_code == 200
    assert len(addresses) >= 2
    for address in addresses:
        assert address.startswith("/")
        assert client.get(address).status_code == 200


def test_the_redirect_page_of_the_login_form_is_there(client: TestClient) -> None:
    assert client.get("/docs/oauth2-redirect").status_code == 200


@pytest.mark.security(19)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    assert "*" not in policy


def test_the_address_of_the_server_leads_to_the_pages(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")


# In a real browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def server(mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all, which changes nothing of what the others look at."""
    folder = tmp_path_factory.mktemp("server")
    with (
        empty_database(TEST_URI, folder) as uri,
        running_server(uri, folder, **dict[str, Any](mailbox.environment)) as server,
    ):
        yield server


@needs_browser
def test_the_api_page_works_in_a_browser_without_internet(browser: Browser, server: Server) -> None:
    page = browser.open(f"{server.url}/docs")
    page.wait_for("document.body.innerText.includes('Show Timeline')")

    for button in (".opblock-summary-control", ".try-out__btn", ".execute"):
        page.click(f"#operations-health-health_health__get {button}")

    page.wait_for("document.querySelector('.live-responses-table')?.innerText.includes('\"status\": \"ok\"')")
    assert page.complaints == []


@needs_browser
def test_the_reference_works_in_a_browser_without_internet(browser: Browser, server: Server) -> None:
    page = browser.open(f"{server.url}/redoc")
    page.wait_for("document.body.innerText.includes('Show Timeline')")

    page.type("input.search-input", "timeline")

    page.wait_for(
        "document.querySelector('[data-role=\"search:results\"]')?.innerText.includes('Show Timeline')"
    )
    (complaint,) = page.complaints
    assert LOGO in complaint


@pytest.mark.security(19)
@needs_browser
@pytest.mark.parametrize("path", [*PAGES, *LINK_PAGES])
def test_no_script_that_got_into_a_page_runs(path: str, browser: Browser, server: Server) -> None:
    page = browser.open(server.url + path)

    refused = [refused_directive(page, way_in) for way_in in WAYS_IN]

    assert refused == [f"script-src-{part}" for part in WAYS_IN.values()]
    assert page.run("document.title") != "trapped"


def refused_directive(page: Page, script: str) -> str:
    """The part of the content security policy that a script runs up against."""
    listener = "e => e.effectiveDirective.startsWith('script') && done(e.effectiveDirective)"
    listen = f"document.addEventListener('securitypolicyviolation', {listener})"
    return str(page.run(f"new Promise(done => {{ {listen}; {script} }})"))


@pytest.mark.security(21)
@needs_browser
def test_what_people_write_is_data_and_no_part_of_a_page(browser: Browser, server: Server) -> None:
    with server.client(server.register("eva")) as eva:
        post = eva.post("/post/", json={"text": TEXT}).json()
        bio = eva.patch("/user/me/", json={"bio": TEXT}).json()["bio"]
    with server.client() as client:
        answers = [client.get(path) for path in ("/post/", f"/post/{post['id']}/", "/user/", "/user/eva/")]

    assert bio == post["text"] == TEXT
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        page = browser.open(str(answer.url))
        assert page.run("document.body.innerText").startswith(answer.text)
        assert page.run("[document.title, document.scripts.length, document.links.length]") == ["", 0, 0]
        assert page.complaints == []


@needs_browser
def test_a_password_link_works_once_and_leaves_nothing_behind(
    browser: Browser, server: Server, mailbox: Mailbox
) -> None:
    server.register("ana")
    link = forget_password(server, mailbox, "ana")
    page = browser.open(link)

    page.type("#new_password", "another horse")
    page.click("button")

    page.wait_for(f"{STATUS} === 'Your password has been changed. Log in with your new password.'")
    assert [log_in(server, "ana", password) for password in ("correct horse", "another horse")] == [401, 200]
    assert not page.run("document.querySelector('form').checkVisibility()")
    assert page.run("location.href") == f"{server.url}/password_reset/"
    history = page.call("Page.getNavigationHistory")["entries"]
    token = link.split("#")[1]
    assert [entry["url"] for entry in history if token in entry["url"]] == []
    assert token not in server.log.read_text()
    assert page.complaints == []


@needs_browser
def test_a_rejected_password_is_explained_and_can_be_changed(
    browser: Browser, server: Server, mailbox: Mailbox
) -> None:
    server.register("bia")
    page = browser.open(forget_password(server, mailbox, "bia"))

    page.type("#new_password", "abc")
    page.click("button")
    page.wait_for(f"{STATUS} === 'It should have at least 4 characters.'")
    page.type("#new_password", " is too short")
    page.click("button")

    page.wait_for(f"{STATUS}.startsWith('Your password has been changed')")
    assert log_in(server, "bia", "abc is too short") == 200


@needs_browser
def test_a_link_opened_where_another_one_was_takes_its_place(
    browser: Browser, server: Server, mailbox: Mailbox
) -> None:
    server.register("cleo")
    page = browser.open(f"{server.url}/password_reset/#used")
    page.type("#new_password", "another horse")
    page.click("button")
    page.wait_for(f"{STATUS} === 'This link is invalid or has expired. Request a new one.'")

    page.go(forget_password(server, mailbox, "cleo"))
    page.type("#new_password", "another horse")
    page.click("button")

    page.wait_for(f"{STATUS}.startsWith('Your password has been changed')")
    assert log_in(server, "cleo", "another horse") == 200


@needs_browser
@pytest.mark.parametrize("path", LINK_PAGES)
def test_a_link_without_its_secret_says_so(path: str, browser: Browser, server: Server) -> None:
    page = browser.open(server.url + path)

    assert page.run(STATUS) == "This link is incomplete. Open the link from the e-mail, or request a new one."
    assert not page.run("document.querySelector('form').checkVisibility()")


@needs_browser
def test_a_confirmation_link_works_and_leaves_nothing_behind(
    browser: Browser, mailbox: Mailbox, database_uri: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {**mailbox.environment, "PAMPS_ACCOUNTS__confirm_email": "true"}
    with running_server(database_uri, tmp_path, **settings) as server:
        with server.client() as client:
            account = {"email": "ana@example.com", "username": "ana", "password": "correct horse"}
            assert client.post("/user/", json=account).status_code == 201
        assert log_in(server, "ana", "correct horse") == 403
        page = browser.open(read_link(server, mailbox))

        page.click("button")

        page.wait_for(f"{STATUS} === 'Your e-mail address is confirmed.'")
        assert log_in(server, "ana", "correct horse") == 200
        assert page.run("location.href") == f"{server.url}/email_confirmation/"
        assert page.complaints == []


def forget_password(server: Server, mailbox: Mailbox, name: str) -> str:
    """The link that somebody is sent who asks for a new password."""
    with server.client() as client:
        assert client.post("/password_reset/", json={"email": f"{name}@example.com"}).status_code == 202
    return read_link(server, mailbox)


def read_link(server: Server, mailbox: Mailbox) -> str:
    """The link in the next mail. The server is at another port than it thinks."""
    words = mailbox.wait().get_content().split()
    (link,) = [word for word in words if word.startswith(DOCUMENTED_ADDRESS)]
    return str(link.replace(DOCUMENTED_ADDRESS, server.url))


def log_in(server: Server, name: str, password: str) -> int:
    with server.client() as client:
        return client.post("/token", data={"username": name, "password": password}).status_code
