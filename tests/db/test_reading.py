"""What reading remembers is never out of date, and reading past the session sees what it should."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session

from pamps.presenters import native
from tests.conftest import TEST_URI
from tests.support.factories import make_post, make_user
from tests.support.server import running_server

NEW_AVATAR = {"id": None, "username": "ana", "avatar": "https://example.com/new.png"}


@pytest.mark.parametrize(
    ("change", "field", "shown"),
    [
        ("UPDATE post SET text = 'Changed.'", "text", "Changed."),
        ("UPDATE post SET likes = 7", "likes", 7),
        ("""UPDATE "user" SET avatar = 'https://example.com/new.png'""", "user", NEW_AVATAR),
    ],
)
def test_a_change_that_nobody_told_us_of_is_shown(
    session: Session, client: TestClient, change: str, field: str, shown: object
) -> None:
    post = make_post(session, make_user(session, "ana"))
    before = client.get("/post/").json()[0]

    session.connection().execute(text(change))
    session.commit()

    (after,) = client.get("/post/").json()
    if field == "user":
        shown = NEW_AVATAR | {"id": post.user_id}
    assert after == before | {field: shown}


def test_a_row_is_rendered_once(session: Session, client: TestClient) -> None:
    make_post(session, make_user(session))
    client.get("/post/")
    before = native.post.cache_info()

    client.get("/post/")

    after = native.post.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)


@pytest.mark.skipif(not TEST_URI, reason="only PostgreSQL is told to prepare")
@pytest.mark.parametrize("prepared", ["true", "false"])
def test_statements_are_prepared_only_where_that_is_wished_for(
    database_uri: str, tmp_path: Path, prepared: str
) -> None:
    """Told by `db.echo`, which prints what is sent."""
    with running_server(
        database_uri, tmp_path, PAMPS_DB__prepared_statements=prepared, PAMPS_DB__echo="true"
    ) as server:
        token = server.register("ana")
        with server.client(token) as client:
            client.post("/post/", json={"text": "Hello."})
            for path in ("/post/", "/user/timeline/?include_own=true", "/post/1/", "/user/ana/"):
                assert "Hello." in client.get(path).text or path == "/user/ana/"
        sent = server.log.read_text(encoding="utf-8")

    assert ("PREPARE pamps_" in sent) is (prepared == "true")
