"""Concurrent users who post, reply, like, follow, unlike, unfollow and delete."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import httpx2

from benchmarks.real_texts_model import Diary, Person, Post, by_id
from benchmarks.real_texts_server import THREADS, Server, expect

Thing = TypeVar("Thing")
Step = Callable[[], None]

REPLIES = 0.6  # the share of the texts that are replies


class Writer:
    """One user, who acts at random and keeps a diary of what the server confirmed.

    A writer stays in one thread and changes only their own data. All writers share the board, an append-only
    list of all posts so far.
    """

    def __init__(self, server: Server, person: Person, people: list[Person], board: list[Post]) -> None:
        self._server = server
        self._person = person
        self._people = people
        self._board = board
        self.diary = Diary(person)

    def write(self, text: str, dice: random.Random) -> None:
        """Post a text, perhaps as a reply."""
        parent = popular(self._board, dice) if dice.random() < REPLIES else None
        if parent is None or not self._reply(text, parent):
            self._keep(self._ask("POST", "/post/", 201, json={"text": text}), text, None)

    def like(self, dice: random.Random) -> None:
        """Like a popular post, perhaps for the second time."""
        if post := popular(self._board, dice):
            known = self.diary.likes.get(post)
            address = f"/post/{post.id}/like/"
            if answer := self._ask_about(post, "POST", address, 200 if known else 201):
                self.diary.likes[post] = number = answer.json()["id"]
                expect(f"POST {address} once more, id", number, known or number)

    def unlike(self, dice: random.Random) -> None:
        """Remove a like."""
        if self.diary.likes:
            post = dice.choice(list(self.diary.likes))
            self._ask_about(post, "DELETE", f"/post/{post.id}/like/", 204)
            del self.diary.likes[post]

    def follow(self, dice: random.Random) -> None:
        """Follow a popular user, perhaps for the second time. Following oneself is refused."""
        followed = popular(self._people, dice)
        address = f"/user/follow/{followed.id}/" if followed else ""
        if followed is self._person:
            self._ask("POST", address, 409)
        elif followed:
            known = self.diary.follows.get(followed)
            number = self._ask("POST", address, 200 if known else 201).json()["id"]
            expect(f"POST {address} once more, id", number, known or number)
            self.diary.follows[followed] = number

    def unfollow(self, dice: random.Random) -> None:
        """Unfollow a user."""
        if self.diary.follows:
            followed = dice.choice(list(self.diary.follows))
            self._ask("DELETE", f"/user/follow/{followed.id}/", 204)
            del self.diary.follows[followed]

    def delete(self, dice: random.Random) -> None:
        """Delete one of the user's own posts."""
        if own := [post for post in self.diary.posts if not post.deleted]:
            delete_post(self._server, dice.choice(own))

    def _reply(self, text: str, parent: Post) -> bool:
        """Post a reply; returns whether it was accepted."""
        answer = self._ask_about(parent, "POST", "/post/", 201, json={"text": text, "parent_id": parent.id})
        if answer:
            self._keep(answer, text, parent)
        return answer is not None

    def _keep(self, answer: httpx2.Response, text: str, parent: Post | None) -> None:
        post = Post(answer.json()["id"], self._person, text, parent)
        self.diary.posts.append(post)
        self._board.append(post)

    def _ask_about(
        self, post: Post, method: str, address: str, status: int, **options: object
    ) -> httpx2.Response | None:
        """The response to a request about a post; None if its author deleted it meanwhile."""
        answer = self._ask(method, address, status, 404, **options)
        if answer.status_code == status:
            return answer
        expect(f"{method} {address}: 404 for post {post.id}; deleted", post.deleted, True)
        return None

    def _ask(self, method: str, address: str, *statuses: int, **options: object) -> httpx2.Response:
        return self._server.ask(method, address, *statuses, person=self._person, **options)


# What users do besides posting, and how often per text.
HABITS: tuple[tuple[Callable[[Writer, random.Random], None], float], ...] = (
    (Writer.like, 0.6),
    (Writer.unlike, 0.05),
    (Writer.follow, 0.12),
    (Writer.unfollow, 0.01),
    (Writer.delete, 0.08),
)


def popular(things: Sequence[Thing], dice: random.Random) -> Thing | None:
    """A random item that favours the first ones; None if there are none."""
    return things[int(len(things) * dice.random() ** 3)] if things else None


def register(server: Server, number: int) -> Person:
    """Register a new user and log in."""
    name = f"Person_{number}"
    secret = f"known to {name}"
    account = {"username": name, "email": f"person{number}@example.com", "password": secret}
    user = server.ask("POST", "/user/", 201, json=account).json()
    tokens = server.ask("POST", "/token", data={"username": name, "password": secret}).json()
    return Person(user["id"], name, tokens["access_token"])


def write_all(server: Server, people: list[Person], texts: list[str], seed: int) -> list[Diary]:
    """Make all users post the texts and follow their habits concurrently; returns their diaries."""
    board: list[Post] = []
    writers = [Writer(server, person, people, board) for person in people]
    crews = [writers[first::THREADS] for first in range(min(THREADS, len(writers)))]
    plans = [
        plan(crew, texts[number :: len(crews)], random.Random(f"{seed} {number}"))
        for number, crew in enumerate(crews)
    ]
    server.in_threads(carry_out, plans)
    clear_conversations(server, by_id(board))
    return [writer.diary for writer in writers]


def plan(crew: list[Writer], texts: list[str], dice: random.Random) -> list[Step]:
    """The steps of the writers of one thread, in random order."""
    steps = [partial(dice.choice(crew).write, text, dice) for text in texts]
    for habit, frequency in HABITS:
        steps += [partial(habit, dice.choice(crew), dice) for _ in range(int(frequency * len(texts)))]
    dice.shuffle(steps)
    return list(steps)


def clear_conversations(server: Server, posts: list[Post]) -> None:
    """Delete all replies, at every depth, to the newer half of the deleted posts, and so their tombstones."""
    deleted = [post for post in posts if post.deleted]
    cleared = set(deleted[len(deleted) // 2 :])
    for post in posts:  # a reply comes after its parent
        if post.parent in cleared:
            cleared.add(post)
    living = [post for post in posts if post in cleared and not post.deleted]
    server.in_threads(partial(delete_post, server), living)


def delete_post(server: Server, post: Post) -> None:
    """Delete a post."""
    post.deleted = True  # before the request, because others may notice before the response arrives
    server.ask("DELETE", f"/post/{post.id}/", 204, person=post.author)


def carry_out(steps: list[Step]) -> None:
    """Carry out the steps in order."""
    for step in steps:
        step()
