"""Notifications for the reader, because a demo has none: other users follow, like and reply over HTTP."""

from benchmarks.heavy import send, write
from benchmarks.server import Server
from benchmarks.subjects import MIN_POSTS, Subjects, get, rows_of


def add_notifications(server: Server, subjects: Subjects) -> None:
    """Every writer follows the reader, likes one of their posts and replies to it."""
    with server.client() as client:
        reader = get(client, f"/user/{subjects.reader}/").json()["id"]
        posts = rows_of(get(client, f"/post/user/{subjects.reader}/?include_replies=true&limit={MIN_POSTS}"))
    # The measured post gets no further replies.
    post = next(row["id"] for row in posts if row["id"] != subjects.post)
    for writer in subjects.writers:
        if writer == subjects.reader:
            continue
        with server.client(server.log_in(writer)) as client:
            send(client, "POST", f"/user/follow/{reader}/", 200, 201)
            send(client, "POST", f"/post/{post}/like/", 200, 201)
            write(client, "See you there!", parent_id=post)
