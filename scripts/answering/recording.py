"""Sends all requests to a server and records the responses."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from scripts.answering.addresses import CONDITIONAL, LISTS, PAGES, single_requests
from scripts.answering.answer import Answer, Answers, read_answer
from scripts.answering.checkouts import open_client
from scripts.answering.masks import mask_chance, mask_news
from scripts.answering.requests import Request, fill
from scripts.answering.steps import list_steps

VIEWERS = ("anonymous", "ana", "zoe")
SINGLE, SMALL, LARGE = 1, 5, 100  # rows per page
WAY = ("next", "next", "prev")  # the links followed, starting at the first small page


class Recorder:
    """Sends requests to one server as several viewers. `answers` has the responses by viewer and request."""

    def __init__(self, url: str, database: str, facts: dict[str, Any], tokens: dict[str, str]) -> None:
        self.answers: Answers = {}
        self._url = url
        self._database = database
        self._facts = dict(facts)
        self._tokens = dict(tokens)
        # Without a token, which each request adds.
        self._client = open_client(url)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def record_views(self) -> None:
        """Record all requests that change nothing."""
        for page in PAGES:
            self._keep("anonymous", Request(page), self._ask("anonymous", Request(page)))
        for viewer in VIEWERS:
            for request in single_requests():
                self._keep(viewer, request, self._ask(viewer, request))
            for path in CONDITIONAL:
                self._record_conditional(viewer, path)
            for path in LISTS:
                self._record_list(viewer, path)

    def record_steps(self, start: datetime) -> None:
        """Record all requests that write. `start` is a time before the first of them."""
        made: dict[str, str] = {}
        for number, (viewer, request) in enumerate(list_steps(), 1):
            answer = self._ask(viewer, request)
            made |= self._save(request, answer)
            self._keep(f"step {number:03} {viewer}", request, mask_news(answer, start, made))

    def _record_conditional(self, viewer: str, path: str) -> None:
        tag = self._ask(viewer, Request(path)).find("etag")
        for title, value in {"its tag": tag, "its tag, weak": f'"other", W/{tag}'}.items():
            answer = self._ask(viewer, Request(path, headers={"If-None-Match": value} if tag else {}))
            self._keep(viewer, Request(path, headers={"If-None-Match": title}), answer)

    def _record_list(self, viewer: str, path: str) -> None:
        """Record pages of several sizes, and the pages next to a small one."""
        with_limit = f"{path}{'&' if '?' in path else '?'}limit="
        for size in (SINGLE, LARGE):
            request = Request(f"{with_limit}{size}")
            self._keep(viewer, request, self._ask(viewer, request))
        followed = Request(f"{with_limit}{SMALL}")
        page = self._ask(viewer, followed)
        self._keep(viewer, followed, page)
        for number, relation in enumerate(WAY, 1):
            found = re.search(rf'<([^>]*)>; rel="{relation}"', page.find("link"))
            if found is None:
                return
            url = urlsplit(found[1])
            page = self._ask(viewer, Request(f"{url.path}?{url.query}"))
            self._keep(viewer, Request(followed.path, note=f"({number}: {relation})"), page)

    def _ask(self, viewer: str, request: Request) -> Answer:
        token = self._tokens.get(viewer)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        more = {name: str(fill(value, self._facts)) for name, value in request.headers.items()}
        path, content = fill(request.path, self._facts), self._content(request)
        try:
            response = self._client.request(request.method, path, headers=headers | more, **content)
        except httpx2.TransportError as error:
            return Answer(0, [], f"No answer: {error!r}")
        self._client.cookies.clear()  # requests that act as a browser set their cookies themselves
        return read_answer(response)

    def _content(self, request: Request) -> dict[str, Any]:
        content = {"json": request.json, "data": request.form, "content": request.raw}
        return {name: fill(value, self._facts) for name, value in content.items() if value is not None}

    def _save(self, request: Request, answer: Answer) -> dict[str, str]:
        """Store the facts that later requests need; returns the names of new posts by id."""
        if not request.saves or answer.status not in (200, 201):
            return {}
        body = json.loads(answer.body)
        saved = {name: body.get(key) for name, key in request.saves.items()}
        self._facts |= saved
        self._tokens |= saved
        return {str(id_): name for name, id_ in saved.items() if request.path.startswith("/post")}

    def _keep(self, who: str, request: Request, answer: Answer) -> None:
        title = f"{self._database} {who}: {request.title}"
        assert title not in self.answers, title  # noqa: S101 - a mistake in the lists of requests
        self.answers[title] = mask_chance(answer)
