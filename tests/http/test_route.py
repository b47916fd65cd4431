"""How a route is served: who is asking comes first, then what was sent, then the route itself."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Response
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.auth import CurrentUser, MaybeUser, superuser
from pamps.http.answers import Answer
from pamps.http.dependencies import SessionDep
from pamps.http.handlers import install_error_handlers
from pamps.http.route import make_router
from pamps.models.user import UserBrief, Viewer
from tests.conftest import Login
from tests.support.factories import make_user

router = make_router("/sending", "test")
guarded = make_router("/guarded", "test", access=superuser)


def name_of(viewer: CurrentUser) -> str:
    return viewer.username


def set_header(response: Response) -> None:
    response.headers["X-Was-Here"] = "yes"


@router.get("/", dependencies=[Depends(set_header)])
def show(viewer: MaybeUser, session: SessionDep) -> Answer[UserBrief]:
    """Who is asking."""
    name = viewer.username if viewer else "nobody"
    return Answer(b'{"id":1,"username":"%s","avatar":null}' % name.encode())


@router.post("/", status_code=201)
def make(viewer: CurrentUser, body: UserBrief, session: SessionDep) -> Answer[UserBrief]:
    """A body, and somebody."""
    return Answer(body.model_dump_json().encode())


@router.get("/by_another/")
def show_by_another(name: Annotated[str, Depends(name_of)]) -> Answer[UserBrief]:
    """Who is asking, as another dependency has it."""
    return Answer(b'{"id":1,"username":"%s","avatar":null}' % name.encode())


@guarded.get("/")
def show_to_superusers() -> Answer[UserBrief]:
    """For superusers, by the guard of the router alone."""
    return Answer(b"{}")


@pytest.fixture
def app(client: TestClient) -> FastAPI:
    """A small application with these routes, in the transaction of the test."""
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(router)
    app.include_router(guarded)
    return app


@pytest.fixture
def ana(app: FastAPI, session: Session, login: Login) -> TestClient:
    """Somebody who is signed in there."""
    return TestClient(app, headers=dict(login(make_user(session, "ana")).headers))


def test_a_route_gets_the_viewer_and_keeps_headers_of_dependencies(app: FastAPI, ana: TestClient) -> None:
    answer = ana.get("/sending/")

    assert answer.json()["username"] == "ana"
    assert answer.headers["X-Was-Here"] == "yes"
    assert answer.headers["Content-Type"] == "application/json"
    assert TestClient(app).get("/sending/").json()["username"] == "nobody"


def test_a_dependency_that_asks_for_the_user_gets_one(ana: TestClient) -> None:
    assert ana.get("/sending/by_another/").json()["username"] == "ana"


def test_a_guard_is_asked_before_the_route(app: FastAPI, ana: TestClient) -> None:
    assert ana.get("/guarded/").status_code == 403
    assert TestClient(app).get("/guarded/").status_code == 401


def test_a_superuser_passes_the_guard(app: FastAPI, session: Session, login: Login) -> None:
    chief = TestClient(app, headers=dict(login(make_user(session, "zoe", superuser=True)).headers))

    assert chief.get("/guarded/").status_code == 200


@pytest.mark.parametrize("body", [{}, {"id": 1, "username": "x", "avatar": None}])
def test_missing_permission_is_reported_before_an_invalid_body(
    app: FastAPI, ana: TestClient, body: dict[str, Any]
) -> None:
    refused = TestClient(app, headers={"Authorization": "Bearer stolen"})

    assert refused.post("/sending/", json=body).status_code == 401
    assert ana.post("/sending/", json=body).status_code == (201 if body else 422)


def test_the_document_knows_what_is_sent(app: FastAPI) -> None:
    answers = app.openapi()["paths"]["/sending/"]["post"]["responses"]

    assert answers["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/UserBrief"
    }


def test_a_viewer_is_no_row() -> None:
    with pytest.raises(AttributeError):
        Viewer(1, "ana", False, None, False).superuser = True  # type: ignore[misc]
