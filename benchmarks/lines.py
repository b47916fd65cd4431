"""The lines of the throughput table: what each one requests, and the share of the ceiling it has to reach."""

from dataclasses import dataclass

from benchmarks import bare
from benchmarks.server import Server
from benchmarks.subjects import WANTED_REPLIES, Subjects, get, rows_of
from benchmarks.wrk import Request

TEXT = "We met at the market this morning and talked about the harvest, number {}. #market"

CEILING, CONSTANT, HEALTH = "ceiling", "constant", "health"
FEED, HOME, POST, THREAD = "feed", "home", "post", "thread"
ACCOUNT, PROFILE, NOTIFICATIONS, WRITE = "account", "profile", "notifications", "write"
# The targets of one worker on PostgreSQL.
TARGETS = {
    CONSTANT: 0.75,
    HEALTH: 0.75,  # the constant of another router
    FEED: 0.36,
    HOME: 0.30,
    POST: 0.45,
    THREAD: 0.25,
    ACCOUNT: 0.40,
    PROFILE: 0.40,
    NOTIFICATIONS: 0.40,
    WRITE: 0.14,
}


@dataclass(frozen=True)
class Line:
    """Requests that are sent in rotation; `name` is one of the names above."""

    name: str
    title: str
    requests: list[Request]


CEILING_LINE = Line(CEILING, "The ceiling", [Request("GET", bare.PATH)])
CONSTANT_LINES = [
    Line(CONSTANT, "The constant inside Pamps", [Request("GET", "/constant/")]),
    Line(HEALTH, "`GET /health/`", [Request("GET", "/health/")]),
]


def read_lines(server: Server, subjects: Subjects) -> list[Line]:
    """The lines that read from the database. Their titles include the number of rows."""
    token = server.log_in(subjects.reader)
    thread = f"/post/{subjects.post}/thread/?limit={WANTED_REPLIES}"
    with server.client(token) as client:
        replies = len(rows_of(get(client, thread)))
        notifications = len(rows_of(get(client, "/notification/")))
    lines = (
        (FEED, "`GET /post/`, 20 posts", "/post/", ""),
        (HOME, f"`GET /user/timeline/`, {subjects.followed} followed", "/user/timeline/", token),
        (POST, f"`GET /post/{{id}}/`, {subjects.replies} replies", f"/post/{subjects.post}/", ""),
        (THREAD, f"`GET /post/{{id}}/thread/`, {replies} replies", thread, ""),
        (ACCOUNT, "`GET /user/me/`", "/user/me/", token),
        (PROFILE, "`GET /user/{username}/`", f"/user/{subjects.reader}/", ""),
        (NOTIFICATIONS, f"`GET /notification/`, {notifications} notifications", "/notification/", token),
    )
    return [Line(name, title, [Request("GET", path, token)]) for name, title, path, token in lines]


def write_line(server: Server, subjects: Subjects) -> Line:
    """Posts by several users in rotation: those by a single one would wait for each other."""
    tokens = [server.log_in(writer) for writer in subjects.writers]
    posts = [
        Request("POST", "/post/", tokens[number % len(tokens)], f'{{"text": "{TEXT.format(number)}"}}')
        for number in range(10 * len(tokens))
    ]
    return Line(WRITE, "`POST /post/`", posts)
