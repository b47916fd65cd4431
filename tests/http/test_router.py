"""The index of routes: which route gets a request, by path and by method, and what the framework keeps."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pamps.http.handlers import install_error_handlers
from pamps.http.router import IS_HEAD, index_routes

pytestmark = pytest.mark.once


class OwnRoute(APIRoute):
    """A route that handles requests by itself."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"{scope['method']} {scope['path_params']} {scope['route'] is self} {scope.get(IS_HEAD)}"
        await PlainTextResponse(text)(scope, receive, send)


async def name_of_nobody() -> str:
    return "nobody"


def make_app() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    install_error_handlers(app)
    index_routes(app)
    users, own = APIRouter(prefix="/user"), APIRouter(route_class=OwnRoute)

    @users.get("/{name}/")
    def show(name: str) -> str:
        return f"user {name}"

    @users.delete("/{name}/")
    def delete(name: str) -> str:
        return f"gone {name}"

    @users.get("/timeline/")
    def timeline() -> str:
        return "timeline"

    @users.patch("/timeline/")
    def change() -> None: ...

    @users.get("/{name}/feed.xml")
    def feed(name: str, request: Request) -> str:
        return f"feed {name} {request.url.path}"

    @users.get("/{name}/like/")
    def like(name: str) -> str:
        return f"liked by {name}"

    @users.get("/tag/{name}/")
    def tag(name: str) -> str:
        return f"tag {name}"

    @users.get("/by_dependency/name/")
    def by_dependency(name: Annotated[str, Depends(name_of_nobody)]) -> str:
        return name

    @own.get("/own/{number}")
    def unused(number: int) -> None: ...

    app.include_router(users, prefix="/v1")
    app.include_router(users)
    app.include_router(own)
    return app


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/user/ana/", "user ana"),
        ("GET", "/user/ana", "user ana"),
        ("GET", "/v1/user/ana", "user ana"),
        ("DELETE", "/user/ana", "gone ana"),
        ("GET", "/user/timeline", "timeline"),
        ("GET", "/v1/user/timeline/", "timeline"),
        ("DELETE", "/user/timeline/", "gone timeline"),
        ("GET", "/user/ana/feed.xml", "feed ana /user/ana/feed.xml"),
        ("GET", "/user/ana/feed.xml/", "feed ana /user/ana/feed.xml"),
        ("GET", "/user/a%20b/", "user a b"),
        ("GET", "/user/ana/like", "liked by ana"),
        ("GET", "/user/tag/like", "tag like"),
    ],
)
def test_a_path_leads_to_its_route(method: str, path: str, answer: str) -> None:
    response = TestClient(make_app()).request(method, path)

    assert (response.status_code, response.json()) == (200, answer)


@pytest.mark.parametrize(
    "path", ["/", "/users/", "/user/", "/user/ana//", "//user/ana/", "/user/ana/feed.xml%0a", "/user/ana/%0a"]
)
def test_any_other_path_is_not_found(path: str) -> None:
    response = TestClient(make_app()).get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/user/ana", "DELETE, GET, HEAD"),
        ("PUT", "/user/timeline/", "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", "/user/ana/feed.xml", "GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_a_405_names_every_method_of_the_path(method: str, path: str, allowed: str) -> None:
    response = TestClient(make_app()).request(method, path)

    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


def test_head_reaches_the_route_as_get() -> None:
    client = TestClient(make_app())

    assert client.head("/user/ana").headers["Content-Length"] == str(len('"user ana"'))
    assert client.head("/user/timeline").status_code == 200


def test_a_route_with_its_own_handle_is_asked() -> None:
    client = TestClient(make_app())

    assert client.get("/own/7/").text == "GET {'number': '7'} True None"
    assert client.head("/own/7").headers["Content-Length"] == str(len("GET {'number': '7'} True True"))


def test_a_guard_that_would_never_run_is_refused() -> None:
    app, own = make_app(), APIRouter(route_class=OwnRoute)
    own.add_api_route("/guarded/", name_of_nobody)
    app.include_router(own, dependencies=[Depends(name_of_nobody)])

    with pytest.raises(TypeError, match="make_router"):
        TestClient(app).get("/guarded/")


def test_dependencies_can_be_overridden() -> None:
    app = make_app()
    app.dependency_overrides[name_of_nobody] = lambda: "somebody"

    assert TestClient(app).get("/user/by_dependency/name").json() == "somebody"


def test_routes_can_be_added_later() -> None:
    app, router = make_app(), APIRouter(prefix="/later")
    client = TestClient(app)
    app.include_router(router)
    assert client.get("/later/one/").status_code == 404

    @router.get("/one/")
    def one() -> str:
        return "one"

    assert client.get("/later/one").json() == "one"

    @app.get("/user/two")
    def two() -> str:
        return "two"

    assert client.get("/user/two/").json() == "two"


def test_what_is_mounted_gets_the_rest_of_the_path() -> None:
    inner = FastAPI()

    @inner.get("/deep/{name}")
    def deep(name: str, request: Request) -> list[Any]:
        return [name, request.scope["root_path"]]

    app = make_app()
    app.mount("/inner", inner)

    assert TestClient(app).get("/inner/deep/ana").json() == ["ana", "/inner"]
    assert TestClient(app).get("/inner/other").status_code == 404


def test_web_sockets_and_routes_for_any_method_are_left_to_the_framework() -> None:
    class AnyMethod:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse(scope["method"])(scope, receive, send)

    app, router = make_app(), APIRouter()
    app.router.routes.append(Route("/any", AnyMethod()))
    router.routes.append(Route("/any_inside", AnyMethod()))

    @router.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    app.include_router(router)
    client = TestClient(app)

    assert [client.put(path).text for path in ("/any", "/any_inside")] == ["PUT", "PUT"]
    assert client.get("/nowhere").status_code == 404
    with client.websocket_connect("/socket") as connection:
        assert connection.receive_text() == "hello"


def test_the_prefix_of_a_proxy_is_no_part_of_the_path() -> None:
    client = TestClient(make_app(), root_path="/pamps")

    assert client.get("/pamps/user/ana").json() == "user ana"
    assert client.get("/pamps/user/ana/feed.xml/").json() == "feed ana /pamps/user/ana/feed.xml"


def test_routes_are_documented_and_named_as_ever() -> None:
    app = make_app()

    assert {"/user/timeline/", "/v1/user/timeline/", "/own/{number}"} <= app.openapi()["paths"].keys()
    assert app.url_path_for("show", name="ana") == "/v1/user/ana/"
