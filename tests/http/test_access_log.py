"""The access log: a line for each response, which nothing in a request can forge."""

import logging
import logging.config
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pamps.app import add_middleware
from pamps.cli.server import log_config
from pamps.config import settings
from pamps.http.middleware.access_log import make_line

pytestmark = pytest.mark.once


def make_client(**server: Any) -> TestClient:
    app = FastAPI()
    add_middleware(app, settings.server.model_copy(update=server))

    @app.get("/who/")
    def who() -> None: ...

    @app.get("/bug/")
    def bug() -> None:
        raise RuntimeError

    return TestClient(app, client=("192.0.2.7", 50000))


def make_scope(**changed: Any) -> dict[str, Any]:
    return {
        "client": ("192.0.2.7", 50000),
        "method": "GET",
        "path": "/post/",
        "raw_path": b"/post/",
        "query_string": b"",
        "http_version": "1.1",
        **changed,
    }


def test_each_response_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    client = make_client()

    with caplog.at_level(logging.INFO, "pamps.access"):
        client.get("/who/?limit=2&q=%22a")
        client.head("/nowhere")
        client.get("/bug/")

    assert [record.getMessage() for record in caplog.records if record.name == "pamps.access"] == [
        '192.0.2.7:50000 - "GET /who/?limit=2&q=%22a HTTP/1.1" 200 OK',
        '192.0.2.7:50000 - "HEAD /nowhere HTTP/1.1" 404 Not Found',
        '192.0.2.7:50000 - "GET /bug/ HTTP/1.1" 500 Internal Server Error',
    ]


def test_it_names_the_client_that_a_trusted_proxy_names(caplog: pytest.LogCaptureFixture) -> None:
    client = make_client(trusted_proxies=("192.0.2.7",))

    with caplog.at_level(logging.INFO, "pamps.access"):
        client.get("/who/", headers={"X-Forwarded-For": "203.0.113.9"})

    assert '203.0.113.9:0 - "GET /who/' in caplog.text


def test_the_setting_and_the_level_of_the_logger_turn_it_off(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pamps.access"):
        make_client(access_log=False).get("/who/")
    with caplog.at_level(logging.WARNING, "pamps.access"):
        caplog.handler.setLevel(logging.NOTSET)
        make_client().get("/who/")

    assert not [record for record in caplog.records if record.name == "pamps.access"]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"raw_path": b'/a" 200 OK'}, '192.0.2.7:50000 - "GET /a%22%20200%20OK HTTP/1.1" 404 Not Found'),
        ({"query_string": b'q="\r\n'}, '192.0.2.7:50000 - "GET /post/?q=%22%0D%0A HTTP/1.1" 404 Not Found'),
        ({"raw_path": b"/\xe2\x80\xa8\x85\x1b[2J"}, None),
        ({"raw_path": None, "path": "/\u2028 \x85\x1b"}, None),
        ({"client": ('evil"\n', 1)}, '"'.join(["evil%22%0A:1 - ", "GET /post/ HTTP/1.1", " 404 Not Found"])),
        ({"method": 'GET "\n'}, '192.0.2.7:50000 - "GET%20%22%0A /post/ HTTP/1.1" 404 Not Found'),
        ({"client": None}, ':0 - "GET /post/ HTTP/1.1" 404 Not Found'),
    ],
)
def test_nothing_that_a_client_sends_ends_a_part_of_a_line(changed: dict[str, Any], line: str | None) -> None:
    made = make_line(make_scope(**changed), 404)

    assert line is None or made == line
    assert made.isascii()
    assert made.isprintable()
    assert made.count('"') == 2


def test_a_server_writes_it_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    access = logging.getLogger("pamps.access")
    level, propagate = access.level, access.propagate
    config = log_config()
    config["loggers"] = {"pamps.access": config["loggers"]["pamps.access"]}
    logging.config.dictConfig(config)
    try:
        make_client().get("/who/")
    finally:
        access.handlers.clear()
        access.setLevel(level)
        access.propagate = propagate

    assert capsys.readouterr().out == 'INFO:     192.0.2.7:50000 - "GET /who/ HTTP/1.1" 200 OK\n'
