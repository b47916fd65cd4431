"""Migrations: they build what the models say, on both databases, up and down, with data inside."""

import re
from pathlib import Path

import bcrypt
import pyotp
import pytest
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from tests.conftest import TEST_URI
from tests.support.commands import run_module, run_pamps
from tests.support.databases import empty_database, migrate
from tests.support.factories import PASSWORD, make_follow, make_like, make_post, make_user
from tests.support.server import Server, running_server


def alembic(uri: str, *arguments: str) -> str:
    """Run `alembic` as a developer would, and return what it said."""
    run = run_module("alembic", uri, *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


def tables(uri: str) -> set[str]:
    engine = create_engine(uri)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_models_and_migrations_agree(database_uri: str) -> None:
    alembic(database_uri, "upgrade", "head")

    assert "No new upgrade operations detected." in alembic(database_uri, "check")


@pytest.mark.security(5)
def test_a_new_database_has_no_account(database_uri: str) -> None:
    migrate(database_uri)

    assert empty_tables(database_uri) == set(SQLModel.metadata.tables)


NAMES_IN_POSTGRESQL = """
    SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype <> 't'
    UNION SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()
"""


def test_names_of_constraints_and_indexes_agree(database_uri: str, tmp_path: Path) -> None:
    """Autogenerate does not look at all of them, and one with another name cannot be changed later."""
    migrate(database_uri)
    (tmp_path / "models").mkdir()
    with empty_database(TEST_URI, tmp_path / "models") as from_models:
        engine = create_engine(from_models)
        SQLModel.metadata.create_all(engine)
        engine.dispose()

        assert names_of_everything(database_uri) == names_of_everything(from_models)


def names_of_everything(uri: str) -> set[str]:
    """Every constraint and index, as the database has them."""
    engine = create_engine(uri)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type <> 'trigger' AND sql IS NOT NULL")
            ).all()
            names = {row.name for row in rows} | set(
                re.findall(r"CONSTRAINT (\w+)", " ".join(row.sql for row in rows))
            )
        else:
            names = set(connection.execute(text(NAMES_IN_POSTGRESQL)).scalars())
    engine.dispose()
    # The search index is none of the models, and neither are triggers.
    return {name for name in names if not re.search("alembic|^sqlite_|search_index", name)}


def test_down_to_nothing_and_up_again_with_data_inside(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_LIMITS__enabled="true") as server:
        write_something(server, database_uri)

    alembic(database_uri, "downgrade", "base")
    assert tables(database_uri) == {"alembic_version"}

    with running_server(database_uri, tmp_path, PAMPS_LIMITS__enabled="true") as server:
        write_something(server, database_uri)


def write_something(server: Server, uri: str) -> None:
    """A row in every table."""
    with server.client(server.register("ana")) as ana, server.client(server.register("bia")) as bia:
        post = ana.post("/post/", json={"text": "Hello, #world."}).json()["id"]
        assert bia.post("/post/", json={"text": "A reply.", "parent_id": post}).status_code == 201
        assert bia.post(f"/post/{post}/like/").status_code == 201
        assert bia.post("/user/follow/1/").status_code == 201
        assert bia.post("/user/mute/1/").status_code == 201
        assert ana.post("/access_token/", json={"name": "A bot.", "scopes": "read"}).status_code == 201
        secret = ana.post("/user/me/totp/").json()["secret"]
        code = {"otp": pyotp.TOTP(secret).now()}
        assert ana.post("/user/me/totp/confirm/", json=code).status_code == 200
        assert ana.post("/password_reset/", json={"email": "ana@example.com"}).status_code == 202
    assert run_pamps(uri, "invite").returncode == 0
    assert not empty_tables(uri)


def empty_tables(uri: str) -> set[str]:
    """The tables of Pamps without a row."""
    engine = create_engine(uri)
    with engine.connect() as connection:
        empty = {
            table.name
            for table in SQLModel.metadata.sorted_tables
            if connection.execute(select(table).limit(1)).first() is None
        }
    engine.dispose()
    return empty


def test_a_command_on_an_older_database_says_what_to_do(database_uri: str) -> None:
    alembic(database_uri, "upgrade", "0001")

    run = run_pamps(database_uri, "user-list")

    assert run.returncode == 1
    assert run.stderr.endswith("Run `pamps migrate` first.\n")


def test_data_of_the_first_version_is_kept_and_its_users_log_in(database_uri: str, tmp_path: Path) -> None:
    alembic(database_uri, "upgrade", "0001")
    engine = create_engine(database_uri)
    with engine.begin() as connection:
        for statement in (
            """INSERT INTO "user" (username, email, password, created_at, posts)
                VALUES ('ana', 'ana@example.com', :hash, '2026-01-01 00:00:00', 1)""",
            """INSERT INTO post (user_id, text, date) VALUES (1, 'Hello.', '2026-01-01 00:00:00')""",
        ):
            query = text(statement)
            known = {"hash": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}
            connection.execute(query, {name: known[name] for name in query.compile().params})
    engine.dispose()

    with running_server(database_uri, tmp_path, PAMPS_ACCOUNTS__confirm_email="true") as server:
        with server.client() as client:
            form = {"username": "ana", "password": PASSWORD}
            token = client.post("/token", data=form).json()["access_token"]
        with server.client(token) as ana:
            assert [post["text"] for post in ana.get("/post/user/ana/").json()] == ["Hello."]
            assert len(ana.get("/session/").json()) == 1


# Each is one that Pamps itself would never send.


@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO "user" (username, email, password, created_at)
            VALUES ('ANA', 'other@example.com', 'x', '2026-01-01')""",
        """INSERT INTO "user" (username, email, password, created_at)
            VALUES ('other', 'ANA@example.com', 'x', '2026-01-01')""",
        "INSERT INTO social (follower_id, followed_id, date) VALUES (:ana, :ana, '2026-01-01')",
        "INSERT INTO social (follower_id, followed_id, date) VALUES (:bia, :ana, '2026-01-01')",
        "INSERT INTO social (follower_id, followed_id, date) VALUES (:bia, 0, '2026-01-01')",
        """INSERT INTO "like" (user_id, post_id, date) VALUES (:bia, :post, '2026-01-01')""",
        """INSERT INTO "like" (user_id, post_id, date) VALUES (:bia, 0, '2026-01-01')""",
        "INSERT INTO post (user_id, text, date) VALUES (0, 'x', '2026-01-01')",
        "INSERT INTO post (user_id, text, date) VALUES (NULL, 'x', '2026-01-01')",
        "INSERT INTO post (user_id, parent_id, text, date) VALUES (:ana, 0, 'x', '2026-01-01')",
        "DELETE FROM post WHERE id = :post",
    ],
)
def test_the_database_itself_refuses(statement: str, session: Session) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    post = make_post(session, ana)
    make_post(session, bia, parent=post)
    make_follow(session, bia, ana)
    make_like(session, bia, post)
    parameters = {"ana": ana.id, "bia": bia.id, "post": post.id}
    query = text(statement)

    with pytest.raises(IntegrityError):
        session.connection().execute(query, {name: parameters[name] for name in query.compile().params})


def test_the_use_of_a_tag_that_does_not_exist_is_refused(session: Session) -> None:
    """Not by a foreign key, which costs more: by the trigger that counts it, on PostgreSQL at the commit."""
    post = make_post(session, make_user(session))
    if TEST_URI:
        session.connection().execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    use = text("INSERT INTO post_tag (post_id, tag_id, user_id) VALUES (:post, 0, :user)")

    with pytest.raises(IntegrityError):
        session.connection().execute(use, {"post": post.id, "user": post.user_id})


def test_uses_of_tags_are_kept_and_counted_by_the_version_before(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path) as server, server.client(server.register("ana")) as ana:
        for tags in ("#apple #pear", "#apple"):
            assert ana.post("/post/", json={"text": tags}).status_code == 201

    engine = create_engine(database_uri)
    for step, revision in (("downgrade", "0012"), ("upgrade", "0013")):
        alembic(database_uri, step, revision)
        with engine.begin() as connection:
            more = """INSERT INTO post_tag SELECT 2, id, user_id FROM tag, post_tag AS known
                WHERE name = 'pear' AND known.post_id = 2"""
            assert connection.scalar(text("SELECT sum(uses) FROM tag")) == 3
            connection.execute(text(more))
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT sum(uses) FROM tag")) == 4
            connection.execute(text("DELETE FROM post_tag WHERE post_id = 2 AND tag_id = 2"))
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT sum(uses) FROM tag")) == 3
    engine.dispose()


def test_every_id_holds_64_bits(database_uri: str) -> None:
    migrate(database_uri)
    engine = create_engine(database_uri)
    inspector = inspect(engine)

    ids = {
        (table, column["name"]): str(column["type"])
        for table in SQLModel.metadata.tables
        for column in inspector.get_columns(table)
        if column["name"] == "id" or column["name"].endswith("_id")
    }
    engine.dispose()

    assert len(ids) >= 20
    assert set(ids.values()) == {"BIGINT" if TEST_URI else "INTEGER"}  # SQLite's INTEGER has 64 bits


def test_a_migration_can_be_printed_as_sql(database_uri: str) -> None:
    assert "CREATE TABLE post" in alembic(database_uri, "upgrade", "head", "--sql")
