"""The users who create the data over HTTP."""

from dataclasses import dataclass
from typing import Any

import httpx2

from scripts.answering.checkouts import Failed, open_client

DEMO_PASSWORD = "demo password"
PASSWORD = "nobody needs to know it"


@dataclass(frozen=True)
class Person:
    """A signed-in user."""

    client: httpx2.Client
    name: str
    id: int
    token: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request; returns the JSON of the response. Raises Failed for an error."""
        return ask(self.client, method, path, json=body)

    def write(self, text: str, parent_id: int | None = None) -> int:
        """Create a post or reply; returns its id."""
        return int(self.ask("POST", "/post/", {"text": text, "parent_id": parent_id})["id"])


def ask(client: httpx2.Client, method: str, path: str, **content: Any) -> Any:
    """The JSON of the response, None if it is empty; raises Failed for an error."""
    answer = client.request(
        method, path, **{key: value for key, value in content.items() if value is not None}
    )
    if not answer.is_success:
        raise Failed(f"{method} {path} answered {answer.status_code}: {answer.text}")
    return answer.json() if answer.content else None


def register(url: str, name: str, **more: str) -> Person:
    """Register a user and sign in."""
    account = {"username": name, "email": f"{name}@example.test", "password": PASSWORD, **more}
    with open_client(url) as client:
        ask(client, "POST", "/user/", json=account)
    return log_in(url, name, PASSWORD)


def log_in(url: str, name: str, password: str = DEMO_PASSWORD) -> Person:
    """Sign in an existing user, with their own connection, which stays open until the end."""
    with open_client(url) as client:
        form = {"username": name, "password": password}
        token = str(ask(client, "POST", "/token", data=form)["access_token"])
    client = open_client(url, token)
    return Person(client, name, int(ask(client, "GET", "/user/me/")["id"]), token)
