"""Behind the reverse proxy of docs/nginx.conf: clients are told apart, cookies and links work, and what nginx
refuses looks like what Pamps refuses."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import TEST_URI
from tests.live.listening import MOST_SECONDS, STREAM, like, read_notifications, write
from tests.live.recovery import is_unavailable
from tests.support.browser import CHROMIUM, running_browser
from tests.support.databases import empty_database
from tests.support.proxy import NGINX, Proxy, documented_settings, running_proxy
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.skipif(NGINX is None, reason="no nginx on this machine"), pytest.mark.once]

LIMITS: dict[str, Any] = {"PAMPS_LIMITS__enabled": "true", "PAMPS_LIMITS__login": "3 per hour"}
PASSWORD = "correct horse"
ANA, BIA, PROXY = "127.0.0.2", "127.0.0.3", "127.0.0.1"
APPENDING = {"X-Forwarded-For $remote_addr;": "X-Forwarded-For $proxy_add_x_forwarded_for;"}
FORGED = [
    {},
    {"X-Forwarded-For": "203.0.113.9"},
    {"X-Forwarded-For": PROXY},
    {"X-Forwarded-For": f"203.0.113.9, {PROXY}"},
    {"X-Forwarded-For": f"{BIA}, {PROXY}, {PROXY}"},
    {"X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9;proto=http"},
]


@dataclass
class Site:
    """A server, the proxy in front of it, and one that appends to X-Forwarded-For instead of replacing it."""

    server: Server
    proxy: Proxy
    appending: Proxy


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all, with the settings of the example; each test has people of its own."""
    folders = [tmp_path_factory.mktemp(name) for name in ("server", "proxy", "appending")]
    with (
        empty_database(TEST_URI, folders[0]) as uri,
        running_server(uri, folders[0], **LIMITS, **documented_settings()) as server,
        running_proxy(server.url, folders[1]) as proxy,
        running_proxy(server.url, folders[2], APPENDING) as appending,
    ):
        yield Site(server, proxy, appending)


@pytest.fixture
def proxy(site: Site) -> Proxy:
    return site.proxy


def log_in(client: httpx2.Client, name: str, password: str = PASSWORD, **more: Any) -> httpx2.Response:
    return client.post("/token", data={"username": name, "password": password}, **more)


def address_of(client: httpx2.Client, name: str, headers: dict[str, str]) -> str:
    """The address that the session list shows after a login with these headers."""
    token = log_in(client, name, headers=headers).json()["access_token"]
    sessions = client.get("/session/", headers={"Authorization": f"Bearer {token}"}).json()
    (current,) = [session for session in sessions if session["current"]]
    return str(current["address"])


# Who it is


@pytest.mark.security(20)
@pytest.mark.parametrize("kind", ["proxy", "appending"])
def test_a_session_shows_the_real_address_of_the_client(kind: str, site: Site) -> None:
    site.server.register(f"ana_{kind}")
    proxy: Proxy = getattr(site, kind)

    with proxy.client(ANA) as at_home, proxy.client(BIA) as elsewhere:
        shown = [address_of(at_home, f"ana_{kind}", headers) for headers in FORGED]
        shown_elsewhere = address_of(elsewhere, f"ana_{kind}", {})

    assert shown == [ANA] * len(FORGED)
    assert shown_elsewhere == BIA


def test_who_goes_around_the_proxy_is_not_believed(site: Site) -> None:
    for name in ("around", "beside"):
        site.server.register(name)
    transport = httpx2.HTTPTransport(local_address=BIA)

    with httpx2.Client(base_url=site.server.url, transport=transport) as client:
        shown = [address_of(client, "around", headers) for headers in FORGED]
        links = client.get("/user/", params={"limit": 1}, headers={"X-Forwarded-Proto": "https"}).links

    assert shown == [BIA] * len(FORGED)
    assert links["next"]["url"].startswith(f"{site.server.url}/user/")


@pytest.mark.security(20)
def test_without_trusted_proxies_forwarded_headers_are_ignored(database_uri: str, tmp_path: Path) -> None:
    with (
        running_server(database_uri, tmp_path) as server,
        running_proxy(server.url, tmp_path, APPENDING) as proxy,
        proxy.client(ANA) as client,
    ):
        server.register("bia")
        server.register("ana")
        shown = [address_of(client, "ana", headers) for headers in FORGED]
        answer = client.get("/user/", params={"limit": 1})

    assert shown == [PROXY] * len(FORGED)
    assert answer.links["next"]["url"].startswith("http://")
    assert "Strict-Transport-Security" not in answer.headers


def test_logins_are_limited_per_client_and_not_per_proxy(site: Site, proxy: Proxy) -> None:
    site.server.register("limited")

    with proxy.client(ANA) as stranger, proxy.client(BIA) as owner:
        failed = [log_in(stranger, "limited", "wrong horse").status_code for _ in range(3)]
        refused = [log_in(stranger, "limited", headers=headers) for headers in FORGED]
        welcome = log_in(owner, "limited")

    assert failed == [401] * 3
    assert [answer.status_code for answer in refused] == [429] * len(FORGED)
    assert refused[0].json()["code"] == "too_many_requests"
    assert int(refused[0].headers["Retry-After"]) > 3500
    assert welcome.status_code == 200


# Cookies


def test_the_cookie_of_browsers_works_through_the_proxy(site: Site, proxy: Proxy) -> None:
    site.server.register("cookie")
    same_origin = {"Origin": proxy.url}

    with proxy.client(ANA) as browser:
        form = {"username": "cookie", "password": PASSWORD, "cookie": "true"}
        login = browser.post("/token", data=form, headers=same_origin)
        refreshed = browser.post("/refresh_token", headers=same_origin)
        logout = browser.post("/logout/", headers=same_origin)
        left = dict(browser.cookies)
        again = browser.post("/refresh_token", headers=same_origin)

    name, _, attributes = login.headers["Set-Cookie"].partition("=")
    assert name == "__Host-pamps_refresh"
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes.split("; "))
    assert "Domain" not in attributes
    assert [answer.status_code for answer in (login, refreshed, logout, again)] == [200, 200, 204, 401]
    assert refreshed.json().keys() == {"access_token", "token_type", "expires_in"}
    assert left == {}


def test_the_cookie_works_for_no_page_of_another_origin(site: Site, proxy: Proxy) -> None:
    site.server.register("crossed")
    origins = ["https://evil.example", proxy.url.replace("https", "http"), f"{proxy.url}0", "null"]

    with proxy.client(ANA) as browser:
        log_in(browser, "crossed")
        form = {"username": "crossed", "password": PASSWORD, "cookie": "true"}
        browser.post("/token", data=form, headers={"Origin": proxy.url})
        answers = [
            browser.post(path, headers={"Origin": origin, "X-Forwarded-Proto": "http"})
            for origin in origins
            for path in ("/refresh_token", "/logout/")
        ]
        meanwhile = browser.post("/refresh_token", headers={"Origin": proxy.url})

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "cross_origin")] * 8
    assert meanwhile.status_code == 200


@pytest.mark.security(19)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_real_browser_hides_the_cookie_from_scripts(site: Site, proxy: Proxy, tmp_path: Path) -> None:
    site.server.register("surfer")
    form = (
        f"new URLSearchParams({json.dumps({'username': 'surfer', 'password': PASSWORD, 'cookie': 'true'})})"
    )

    def status(path: str, body: str = "null") -> str:
        return f"(await fetch('{path}', {{method: 'POST', body: {body}}})).status"

    with running_browser(tmp_path, "--ignore-certificate-errors") as browser:
        page = browser.open(f"{proxy.url}/password_reset/")
        statuses = page.run(
            f"(async () => [{status('/token', form)}, {status('/refresh_token')}, document.cookie,"
            f" {status('/logout/')}, {status('/refresh_token')}])()"
        )

    assert statuses == [200, 200, "", 204, 401]


# What comes back


def test_links_between_pages_lead_through_the_proxy(site: Site, proxy: Proxy) -> None:
    for name in ("one", "two", "three"):
        site.server.register(name)

    with proxy.client(ANA) as client:
        forged = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
        first = client.get("/user/", params={"limit": 1}, headers=forged)
        second = client.get(first.links["next"]["url"])

    assert first.links["next"]["url"].startswith(f"{proxy.url}/user/?")
    assert second.links["prev"]["url"].startswith(f"{proxy.url}/user/?")
    assert second.json() != first.json()


def test_browsers_are_told_to_stay_with_tls(proxy: Proxy) -> None:
    with proxy.client() as client:
        answer = client.get("/health/")
        plain = httpx2.post(f"{proxy.plain_url}/post/?a=b")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Server"] == "nginx"
    assert (plain.status_code, plain.headers["Location"]) == (308, "https://127.0.0.1/post/?a=b")


def test_other_names_are_not_answered(proxy: Proxy) -> None:
    with proxy.client() as client:
        answer = client.get("/health/", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_host")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("kilobytes", [1001, 2000])
def test_a_body_that_is_too_large_is_refused_in_the_one_shape(
    kilobytes: int, chunked: bool, proxy: Proxy
) -> None:
    pieces = [b"x" * 1000] * kilobytes

    with proxy.client() as client:
        answer = client.post("/post/", content=iter(pieces) if chunked else b"".join(pieces))

    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request body is too large.", "code": "body_too_large"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_while_the_server_is_away_clients_are_told_to_come_back(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind((PROXY, 0))  # and does not listen
        upstream = f"http://{PROXY}:{nobody.getsockname()[1]}"
        with running_proxy(upstream, tmp_path) as proxy, proxy.client() as client:
            answers = [client.get("/post/"), client.post("/token"), client.get("/ready/")]

    assert all(is_unavailable(answer) for answer in answers)


def test_answers_are_compressed_except_those_with_secrets(site: Site, proxy: Proxy) -> None:
    with proxy.client(token=site.server.register("zipped")) as client:
        long = {"bio": "x" * 500, "avatar": f"https://example.org/{'x' * 470}"}
        assert client.patch("/user/me/", json=long).status_code == 200
        for _ in range(3):
            client.post("/post/", json={"text": "x" * 500})
        addresses = ["/post/user/zipped/", "/openapi.json", "/user/me/"]
        used = [client.get(address).headers.get("Content-Encoding") for address in addresses]

    assert used == ["gzip", "gzip", None]


def test_an_early_answer_arrives_where_every_connection_closes(site: Site, tmp_path: Path) -> None:
    closing = {'    proxy_set_header Connection "";\n    proxy_http_version 1.1;\n': ""}
    with running_proxy(site.server.url, tmp_path, closing) as proxy, proxy.client() as client:
        too_large = {client.post("/post/", content=b"x" * 1_001_000).status_code for _ in range(10)}
        nowhere = {client.post("/nowhere/", content=b"x" * 900_000).status_code for _ in range(10)}

    assert (too_large, nowhere) == ({413}, {404})


# What goes on


def test_live_notifications_are_not_held_back(site: Site, proxy: Proxy) -> None:
    ana, bia = site.server.register("listener"), site.server.register("liker")
    post = write(site.server, ana)

    with proxy.client(token=ana) as client, client.sse(STREAM, params={"seconds": MOST_SECONDS}) as source:
        assert source.response.headers["Content-Type"] == "text/event-stream"
        events = read_notifications(source)
        like(site.server, bia, post)

        assert next(events)["post"]["id"] == post
