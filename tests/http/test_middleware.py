"""What every answer carries, which hosts are answered, whom Pamps believes, which origins may call it."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from pamps.app import add_middleware
from pamps.config import settings
from pamps.http.handlers import install_error_handlers
from pamps.http.middleware.body_limit import BodyLimitMiddleware
from pamps.http.router import index_routes

pytestmark = pytest.mark.once

SEALED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def make_client(**server: Any) -> TestClient:
    """A client, at 192.0.2.7, of an application with these settings of its server."""
    app = FastAPI()
    install_error_handlers(app)
    add_middleware(app, settings.server.model_copy(update=server))
    index_routes(app)

    @app.get("/who/")
    def who(request: Request) -> dict[str, Any]:
        assert request.client
        return {"host": request.client.host, "url": str(request.url), "id": request.state.request_id}

    @app.get("/page/")
    def page() -> Response:
        return Response(headers={"Content-Security-Policy": "script-src 'self'"})

    @app.get("/bug/")
    def bug() -> None:
        raise RuntimeError

    return TestClient(app, client=("192.0.2.7", 50000))


# Headers


@pytest.mark.security(19)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/who", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/who", 405),
        ("GET", "/bug", 500),
        ("OPTIONS", "/who", 405),
    ],
)
def test_every_answer_carries_the_security_headers_and_a_number(method: str, path: str, status: int) -> None:
    answer = make_client().request(method, path)

    assert answer.status_code == status
    assert {name: answer.headers[name] for name in SEALED} == SEALED
    assert len(answer.headers["X-Request-ID"]) == 32
    assert "Strict-Transport-Security" not in answer.headers


def test_too_large_bodies_and_wrong_hosts_carry_them_too() -> None:
    client = make_client(max_body=10, hosts=("testserver",))

    for answer in (client.post("/who", content=b"x" * 11), client.get("/who", headers={"Host": "evil"})):
        assert answer.status_code in (413, 400)
        assert {name: answer.headers[name] for name in SEALED} == SEALED


def test_a_policy_of_its_own_stays_the_only_one() -> None:
    answer = make_client().get("/page")

    assert answer.headers.get_list("Content-Security-Policy") == ["script-src 'self'"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.security(19)
def test_behind_tls_browsers_are_told_to_stay_there() -> None:
    client = make_client(trusted_proxies=("192.0.2.0/24",))

    answer = client.get("/who", headers={"X-Forwarded-Proto": "https"})

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_each_request_has_a_number_of_its_own() -> None:
    client = make_client()

    answers = [client.get("/who") for _ in range(2)]

    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 2
    assert [answer.json()["id"] for answer in answers] == [a.headers["X-Request-ID"] for a in answers]


# Hosts


@pytest.mark.security(20)
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("pamps.example.org", 200),
        ("Pamps.Example.ORG:8000", 200),
        ("a.example.net", 200),
        ("example.net", 400),
        ("evil.org", 400),
        ("pamps.example.org.evil.org", 400),
        ("evilexample.net", 400),
    ],
)
def test_only_the_names_of_the_settings_are_answered(host: str, status: int) -> None:
    client = make_client(hosts=("pamps.example.org", "*.example.net"))

    answer = client.get("/who", headers={"Host": host})

    assert answer.status_code == status
    if status == 400:
        assert answer.json() == {"detail": "Invalid host header", "code": "unknown_host"}


def test_without_names_in_the_settings_any_is_answered() -> None:
    assert make_client().get("/who", headers={"Host": "anything"}).status_code == 200


# Proxies

FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


@pytest.mark.security(20)
def test_forwarded_headers_of_strangers_are_not_trusted() -> None:
    told = make_client().get("/who", headers=FORWARDED).json()

    assert (told["host"], told["url"]) == ("192.0.2.7", "http://testserver/who/")


def test_a_trusted_proxy_is_believed() -> None:
    told = make_client(trusted_proxies=("192.0.2.7",)).get("/who", headers=FORWARDED).json()

    assert (told["host"], told["url"]) == ("203.0.113.9", "https://testserver/who/")


@pytest.mark.security(20)
def test_forwarded_headers_before_the_proxys_are_not_trusted() -> None:
    forged = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}

    told = make_client(trusted_proxies=("192.0.2.7",)).get("/who", headers=forged).json()

    assert told["host"] == "203.0.113.9"


# Cross-origin requests


ORIGIN = "https://app.example.org"


def allowed_origin(client: TestClient, origin: str) -> str | None:
    answer = client.get("/who", headers={"Origin": origin})
    assert "Access-Control-Allow-Credentials" not in answer.headers
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.mark.security(20)
def test_no_other_origin_may_call_unless_the_settings_say_so() -> None:
    client = make_client()

    preflight = client.options("/who", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "GET"})

    assert allowed_origin(client, ORIGIN) is None
    assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.security(20)
def test_an_origin_of_the_settings_may_call_and_no_other() -> None:
    client = make_client(cors_origins=(ORIGIN,))

    preflight = client.options("/who", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"})

    assert allowed_origin(client, ORIGIN) == ORIGIN
    assert preflight.status_code == 200
    for other in ("https://evil.org", ORIGIN + ".evil.org", "http://app.example.org", "null"):
        assert allowed_origin(client, other) is None


@pytest.mark.security(20)
def test_all_origins_means_a_star_and_never_an_echo() -> None:
    assert allowed_origin(make_client(cors_origins=("*",)), "https://evil.org") == "*"


# Bodies


def test_a_body_that_comes_unannounced_is_bounded_too() -> None:
    """In HTTP/2 a body needs no length."""
    sent: list[Any] = []

    async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 6, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "http_version": "2", "method": "POST", "headers": []}
    with pytest.raises(HTTPException) as refused:
        asyncio.run(BodyLimitMiddleware(read_all, limit=10)(scope, receive, send))

    assert (refused.value.status_code, sent) == (413, [])
