"""The world of a demo: the same for the same recipe, unequal like the real one, and nobody breaks a rule."""

import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pamps.demo.recipe import Recipe
from pamps.demo.world import World
from pamps.models.post import PostRequest
from pamps.models.user import UserRequest

pytestmark = pytest.mark.once

RECIPE = Recipe(users=1000, posts=10_000, seed=1, until=date(2024, 1, 1))

DATED = ("user", "social", "post", "like")

Tables = dict[str, list[dict[str, Any]]]


def make_tables(recipe: Recipe) -> Tables:
    """Every row of a world, as a dict, by table."""
    return {
        stage.table: [dict(zip(stage.columns, row, strict=True)) for row in stage.rows]
        for stage in World(recipe).stages("a hash")
    }


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_tables(RECIPE)


def share_of_top(numbers: list[int], part: float) -> float:
    """How much of the sum the greatest ones have, such as the greatest 0.01 of them."""
    top = sorted(numbers, reverse=True)[: int(len(numbers) * part)]
    return sum(top) / sum(numbers)


def test_the_same_recipe_makes_the_same_world(tables: Tables) -> None:
    assert make_tables(RECIPE) == tables


def test_another_seed_makes_another_world(tables: Tables) -> None:
    other = make_tables(replace(RECIPE, seed=2))

    assert all(other[table] != tables[table] for table in tables)


def test_another_day_changes_nothing_but_dates(tables: Tables) -> None:
    other = make_tables(replace(RECIPE, until=date(2024, 1, 8)))

    for table in ("social", "like"):
        assert [row | {"date": ""} for row in other[table]] == [row | {"date": ""} for row in tables[table]]


def test_a_stage_tells_how_many_rows_it_has() -> None:
    for stage in World(RECIPE).stages("a hash"):
        assert len(list(stage.rows)) == stage.total


def test_ids_and_dates_rise(tables: Tables) -> None:
    for table in DATED:
        rows = tables[table]
        dates = [row["created_at" if table == "user" else "date"] for row in rows]

        assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
        assert dates == sorted(dates)
        assert dates[0] >= "2022-01-01"
        assert dates[-1] < "2024-01-01"


def test_nobody_acts_before_joining(tables: Tables) -> None:
    joined = {user["id"]: user["created_at"] for user in tables["user"]}

    assert all(joined[row["user_id"]] <= row["date"] for row in tables["post"] if row["user_id"])
    assert all(joined[row["user_id"]] <= row["date"] for row in tables["like"])
    for row in tables["social"]:
        assert max(joined[row["follower_id"]], joined[row["followed_id"]]) <= row["date"]


def test_accounts_are_such_that_could_register(tables: Tables) -> None:
    for user in tables["user"]:
        request = UserRequest(
            username=user["username"], email=user["email"], bio=user["bio"], password="demo password"
        )

        assert request.email == user["email"]
    assert len({user["username"].lower() for user in tables["user"]}) == RECIPE.users


def test_texts_could_be_posted_and_vary(tables: Tables) -> None:
    texts = [post["text"] for post in tables["post"] if not post["deleted"]]
    lengths = [len(PostRequest(text=text).text) for text in texts]
    scripts = Counter(unicodedata.name(char).split()[0] for text in texts for char in text if char.isalpha())

    assert min(lengths) < 15
    assert max(lengths) > 200
    assert scripts.keys() >= {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "HANGUL"}
    assert 0.1 < sum("#" in text for text in texts) / len(texts) < 0.5
    assert 0.1 < sum("@" in text for text in texts) / len(texts) < 0.5
    assert len(set(texts)) > len(texts) / 3


def test_texts_keep_the_limit_of_the_installation() -> None:
    posts = make_tables(replace(RECIPE, posts=100, longest_text=10))["post"]

    assert max(len(post["text"]) for post in posts) == 10


def test_few_are_followed_by_many(tables: Tables) -> None:
    followers = [user["followers"] for user in tables["user"]]

    assert 20 <= sum(followers) / RECIPE.users <= 40
    assert share_of_top(followers, 0.01) > 0.1
    assert max(followers) > RECIPE.users / 3
    assert min(followers) == 0


def test_few_write_much(tables: Tables) -> None:
    assert share_of_top([user["posts"] for user in tables["user"]], 0.01) > 0.1


def test_few_posts_are_liked_by_many(tables: Tables) -> None:
    likes = [post["likes"] for post in tables["post"]]

    assert 0.9 <= sum(likes) / RECIPE.posts <= 1.1
    assert share_of_top(likes, 0.01) > 0.3
    assert likes.count(0) > RECIPE.posts / 2


def test_threads_grow_long_and_deep(tables: Tables) -> None:
    root, depth = dict[int, int](), dict[int, int]()
    for post in tables["post"]:
        parent = post["parent_id"]
        root[post["id"]] = root[parent] if parent else post["id"]  # the parent comes first
        depth[post["id"]] = depth[parent] + 1 if parent else 0

    assert 0.38 <= sum(level > 0 for level in depth.values()) / RECIPE.posts <= 0.42
    assert max(depth.values()) > 20
    assert max(Counter(root.values()).values()) > 50


def test_tags_are_counted(tables: Tables) -> None:
    uses = Counter(row["tag_id"] for row in tables["post_tag"])

    assert {tag["id"]: tag["uses"] for tag in tables["tag"]} == uses
    assert max(uses.values()) > 100


def test_days_are_not_alike(tables: Tables) -> None:
    days = Counter(post["date"][:10] for post in tables["post"])

    assert max(days.values()) > 4 * RECIPE.posts / 730


def test_some_posts_are_edited_and_some_are_deleted(tables: Tables) -> None:
    edited = [post for post in tables["post"] if post["edited_at"]]
    deleted = [post for post in tables["post"] if post["deleted"]]
    replied = {post["parent_id"] for post in tables["post"]}

    assert all(post["date"] <= post["edited_at"] < "2024-01-01" for post in edited)
    assert 0.01 < len(edited) / RECIPE.posts < 0.05
    assert all((post["text"], post["likes"], post["edited_at"]) == ("", 0, None) for post in deleted)
    assert all(post["id"] in replied for post in deleted)
    assert {post["user_id"] is None for post in deleted} == {True, False}
    assert not any(post["user_id"] is None for post in tables["post"] if not post["deleted"])


@pytest.mark.parametrize(("users", "posts"), [(1, 0), (1, 50), (2, 1), (3, 50), (50, 0)])
def test_a_world_may_be_small(users: int, posts: int) -> None:
    tables = make_tables(replace(RECIPE, users=users, posts=posts))

    assert (len(tables["user"]), len(tables["post"])) == (users, posts)
