"""Replaces values that differ between two runs of the same code by fixed words."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from scripts.answering.answer import Answer
from scripts.answering.checkouts import SESSION_DAYS

RETRY = re.compile(r"^retry: \d+$", re.MULTILINE)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
ID = re.compile(r'"(id|\w+_id)":(\d+)')
EVENT_ID = re.compile(r"^id: \d+$", re.MULTILINE)
TARGET = re.compile(r'"target":"([a-z ]+) \d+"')
CURSOR = re.compile(r"(before|after)=\d+")
SECRET = re.compile(r'"(access_token|refresh_token|token|code|secret|uri)":"[^"]+"')
CODES = re.compile(r'"recovery_codes":\[[^\]]*\]')
COOKIE = re.compile(r"^(\w*pamps_refresh)=[^;]{20,}")
# They depend on the body and on `Link`, which are kept.
DERIVED = {"etag": "<tag>", "content-length": "<length>"}


def mask_chance(answer: Answer) -> Answer:
    """Mask random values and file metadata.

    The reconnection time of streams, for example, is random for each client.
    """
    if answer.find("content-type").startswith("text/event-stream"):
        return answer._replace(body=RETRY.sub("retry: <chance>", answer.body))
    if answer.find("last-modified"):
        return answer.with_headers({"last-modified": "<time>", "etag": "<tag>"})
    return answer


def mask_news(answer: Answer, start: datetime, made: Mapping[str, str]) -> Answer:
    """Mask ids and secrets, and times from the start of the steps to the latest end of a session opened in
    them.

    `made` maps the ids of new posts to names, which replace references to them.
    """

    last = start + timedelta(days=SESSION_DAYS + 1)

    def name(found: re.Match[str]) -> str:
        key, value = found.groups()
        if key == "id":
            return f'"id":"<{made.get(value, "id")}>"'
        return f'"{key}":"<{made[value]}>"' if value in made else found[0]

    def hide(found: re.Match[str]) -> str:
        return "<time>" if start < datetime.fromisoformat(found[0]) < last else found[0]

    body = TARGET.sub(r'"target":"\1 <id>"', ID.sub(name, TIME.sub(hide, answer.body)))
    body = EVENT_ID.sub("id: <id>", body)
    if answer.status < 400:  # the `code` of an error is kept
        body = CODES.sub('"recovery_codes":"<secret>"', SECRET.sub(r'"\1":"<secret>"', body))
    link, cookie = answer.find("link"), answer.find("set-cookie")
    new_link = CURSOR.sub(r"\1=<id>", link)
    masked = answer.with_headers({"link": new_link, "set-cookie": COOKIE.sub(r"\1=<secret>", cookie)})
    if (body, new_link) != (answer.body, link):
        masked = masked.with_headers(DERIVED)
    return masked._replace(body=body)
