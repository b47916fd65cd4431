"""Who has an answer already is told so: tags of answers, and what they depend on.

That every operation has them is for tests/contracts/test_conditional_operations.py to show."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlmodel import Session
from starlette.types import ASGIApp, Message, Scope, Send

from pamps.app import add_middleware
from pamps.config import settings
from pamps.http.middleware.etag import ETagMiddleware, is_named, make_tag
from pamps.http.router import index_routes
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import make_like, make_post, make_user

PAGES = ["/docs", "/redoc", "/openapi.json", "/password_reset/", "/email_confirmation/"]
FILES = ["/static/pamps/link.js", "/static/docs/swagger-ui.css"]
# What a 304 says, too; the number of the request is its own.
KEPT = ("ETag", "Cache-Control", "Vary", "Link", "Content-Security-Policy", "X-Content-Type-Options")


def tag_of(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.headers["ETag"])


def ask_again(client: TestClient, path: str, known: str, method: str = "GET") -> int:
    return client.request(method, path, headers={"If-None-Match": known}).status_code


# What has a tag


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_pages_and_their_files_are_not_sent_twice(client: TestClient, path: str) -> None:
    first = client.get(path)

    second = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]
    if path in PAGES:
        assert second.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_a_304_has_no_body_and_the_headers_of_the_answer(session: Session, client: TestClient) -> None:
    ana = make_user(session, "ana")
    for _ in range(3):
        make_post(session, ana)
    first = client.get("/post/?limit=2")

    second = client.get("/post/?limit=2", headers={"If-None-Match": first.headers["ETag"]})

    assert (second.status_code, second.content) == (304, b"")
    assert {name: second.headers[name] for name in KEPT} == {name: first.headers[name] for name in KEPT}
    assert 'rel="next"' in second.headers["Link"]
    assert not {"Content-Type", "Content-Length"} & {name.title() for name in second.headers}
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]


def test_head_has_the_tag_and_the_304_of_get(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    tag = tag_of(client, "/user/ana/")

    answer = client.head("/user/ana/")

    assert (answer.status_code, answer.headers["ETag"], answer.content) == (200, tag, b"")
    assert ask_again(client, "/user/ana/", tag, "HEAD") == 304


# What a tag depends on


@pytest.mark.parametrize("path", ["/post/", "/post/user/ana/", "/post/{post}/", "/post/{post}/replies/"])
def test_whatever_a_page_shows_changes_its_tag(
    session: Session, client: TestClient, login: Login, path: str
) -> None:
    ana = make_user(session, "ana")
    post = make_post(session, ana)
    shown = make_post(session, ana, parent=post) if "{" in path else post
    path = path.format(post=post.id)
    tags = [tag_of(client, path), tag_of(client, path)]

    make_like(session, ana, shown)
    tags.append(tag_of(client, path))
    login(ana).patch(f"/post/{shown.id}/", json={"text": "Another text."})
    tags.append(tag_of(client, path))
    make_post(session, ana, parent=post if shown is not post else None)
    tags.append(tag_of(client, path))

    assert tags[0] == tags[1]
    assert len(set(tags)) == 4
    assert [ask_again(client, path, tag) for tag in tags] == [200, 200, 200, 200, 304]


def test_a_page_that_gets_a_neighbour_has_another_tag(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    before = client.get("/user/?limit=1")

    make_user(session, "bia")
    after = client.get("/user/?limit=1", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert after.content == before.content
    assert 'rel="next"' in after.headers["Link"]


@pytest.mark.security(29)
def test_viewers_who_see_different_things_have_different_tags(
    session: Session, client: TestClient, login: Login
) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    make_like(session, ana, make_post(session, bia))
    viewers = [client, login(ana), login(bia)]

    tags = [tag_of(viewer, "/post/") for viewer in viewers]

    assert len(set(tags)) == 3
    for viewer, own in zip(viewers, tags, strict=True):
        assert [ask_again(viewer, "/post/", tag) == 304 for tag in tags] == [tag == own for tag in tags]


@pytest.mark.security(29)
def test_anonymous_responses_are_shared_and_personal_ones_are_not(
    session: Session, client: TestClient, login: Login
) -> None:
    ana = login(make_user(session, "ana"))

    answers = [
        client.get("/post/"),
        ana.get("/post/"),
        client.get("/post/", headers={"Cookie": "a=b"}),
    ]

    assert [answer.headers["Cache-Control"] for answer in answers] == [
        "no-cache",
        "private, no-cache",
        "private, no-cache",
    ]
    assert {answer.headers["Vary"] for answer in answers} == {"Authorization"}


def test_a_tag_opens_nothing(session: Session, login: Login) -> None:
    ana = login(make_user(session, "ana"))
    tag = tag_of(ana, "/user/me/")
    assert ana.post("/logout/").status_code == 204

    answer = ana.get("/user/me/", headers={"If-None-Match": tag})

    assert refusal(answer) == (401, "invalid_token")
    assert "ETag" not in answer.headers


def test_what_is_not_there_and_what_is_written_has_no_tag(
    session: Session, client: TestClient, login: Login
) -> None:
    ana = make_user(session, "ana")
    post = make_post(session, ana)
    make_like(session, ana, post)
    anything = {"If-None-Match": "*"}

    missing = client.get("/post/4711/", headers=anything)
    liked = login(ana).post(f"/post/{post.id}/like/", headers=anything)

    assert (missing.status_code, liked.status_code) == (404, 200)
    assert not any("ETag" in answer.headers for answer in (missing, liked))


# If-None-Match


@pytest.mark.parametrize(
    ("known", "named"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ("*", True),
        ('"b", "a"', True),
        ('"b","a"', True),
        (', "b" ,,\t W/"a",', True),
        ('"b,c", "a"', True),
        ('"\xe9", "a"', True),
        ('""', False),
        ('"b"', False),
        ('"A"', False),
        ('"b,", "c"', False),
        # Malformed.
        ("a", False),
        ('"a', False),
        ('a"', False),
        ('w/"a"', False),
        ('W/ "a"', False),
        ("'a'", False),
        ('"a" "b"', False),
        ('"b""a"', False),
        ('"a"; "b"', False),
        ('"a", *', False),
        ('*, "a"', False),
        ('"a", b', False),
        ('"a", "b c"', False),
        pytest.param('"' * 60_000, False, id="long"),
    ],
)
def test_tags_are_compared_as_the_standard_says(known: str, named: bool) -> None:
    sent = known.encode("latin-1")

    assert is_named(b'"a"', sent) is named
    assert is_named(b'W/"a"', sent) is named
    assert is_named(b"", sent) is False


def test_several_lines_are_one_list(client: TestClient) -> None:
    tag = tag_of(client, "/post/")

    answer = client.get("/post/", headers=[("If-None-Match", '"b"'), ("If-None-Match", tag)])

    assert answer.status_code == 304


def test_a_long_body_counts_to_its_last_letter() -> None:
    tags = {make_tag(body, link) for body in (b"x" * 9_999, b"x" * 10_000) for link in (b"", b"<next>")}

    assert len(tags) == 4
    assert all(len(tag) == 34 for tag in tags)


# Other origins


ORIGIN = "https://app.example.org"


def make_app(**server: Any) -> FastAPI:
    """An application with answers of its own making."""
    app = FastAPI()
    add_middleware(app, settings.server.model_copy(update=server))
    index_routes(app)

    @app.get("/plain/")
    def plain() -> dict[str, str]:
        return {}

    @app.get("/own/")
    def own() -> Response:
        return Response("Text.", headers={"ETag": 'W/"own"', "Cache-Control": "max-age=60", "Vary": "Accept"})

    @app.get("/kept/")
    def kept() -> Response:
        return Response("Text.", headers={"Cache-Control": "max-age=60", "Vary": "Accept"})

    return app


def test_a_page_of_another_origin_can_ask_and_read_the_tag() -> None:
    client = TestClient(make_app(cors_origins=(ORIGIN,)), headers={"Origin": ORIGIN})
    wish = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}

    preflight = client.options("/plain", headers=wish)
    answer = client.get("/plain")
    again = client.get("/plain", headers={"If-None-Match": answer.headers["ETag"]})

    assert preflight.status_code == 200
    assert "If-None-Match" in preflight.headers["Access-Control-Allow-Headers"]
    assert again.status_code == 304
    for sent in (answer, again):
        assert "ETag" in sent.headers["Access-Control-Expose-Headers"].split(", ")
        assert sent.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert sent.headers["Vary"] == "Authorization, Origin"


# What a route says by itself


def test_a_tag_of_its_own_stays_and_is_compared() -> None:
    client = TestClient(make_app())

    answer = client.get("/own")

    assert [answer.headers[name] for name in ("ETag", "Cache-Control", "Vary")] == [
        'W/"own"',
        "max-age=60",
        "Accept",
    ]
    assert ask_again(client, "/own", '"own"') == 304
    assert ask_again(client, "/own", '"other"') == 200


def test_how_long_it_may_be_kept_is_not_changed() -> None:
    answer = TestClient(make_app()).get("/kept")

    assert answer.headers["Cache-Control"] == "max-age=60"
    assert answer.headers["Vary"] == "Accept, Authorization"
    assert answer.headers["ETag"]


def run_alone(app: ASGIApp, send: Send) -> None:
    """Have an application answer a GET that knows any tag, without a server."""
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "headers": [(b"if-none-match", b"*")],
        "asgi": {"spec_version": "2.4"},
    }
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [{}, {"Content-Length": "6"}])
def test_a_stream_comes_in_pieces_as_they_are_made(length: dict[str, str]) -> None:
    events: list[Any] = []

    async def make_pieces() -> AsyncIterator[bytes]:
        for piece in (b"one", b"two"):
            events.append(f"made {piece!r}")
            yield piece

    async def send(message: Message) -> None:
        events.append(message["status"] if "status" in message else message["body"])

    run_alone(ETagMiddleware(StreamingResponse(make_pieces(), headers=length)), send)

    started = [200, "made b'one'"] if not length else ["made b'one'", 200]
    assert events == [*started, b"one", "made b'two'", b"two", b""]


def test_all_pieces_of_a_known_body_are_left_out() -> None:
    sent: list[Any] = []

    async def make_pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async def send(message: Message) -> None:
        sent.append(message.get("status", message.get("body")))

    run_alone(ETagMiddleware(StreamingResponse(make_pieces(), headers={"ETag": '"own"'})), send)

    assert sent == [304, b""]
