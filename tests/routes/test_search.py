"""Search over HTTP: what is found, in which order, and that nothing typed is an error."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from pamps.models.types import utc_now
from tests.conftest import Login
from tests.support.factories import make_follow, make_post, make_user


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


def search(client: TestClient, typed: str, **more: Any) -> Any:
    answer = client.get("/search/", params={"q": typed, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(client: TestClient, typed: str, **more: Any) -> list[str]:
    return [hit["text"] for hit in search(client, typed, **more)]


TEXTS = {
    "I baked two loaves of rye bread, and it was worth the wait.": (
        "rye bread",
        "BREAD",
        "loaves wait",
    ),
    "São Paulo amanheceu com um nevoeiro que parecia açúcar.": ("sao", "São Paulo", "acucar", "AÇÚCAR"),
    "Die Bäckerei an der Straße hat wieder geöffnet.": ("backerei", "Bäckerei", "strasse", "straße"),
    "昨日、駅前の面包店で焼きたてのパンを買った。": ("面包", "面包店", "焼きたて", "パン", "駅"),
    "خبزنا اليوم خُبزاً طازجاً في البيت.": ("خبزا", "طازجا", "البيت"),
    "Сегодня я испекла хлеб на закваске.": ("хлеб", "ХЛЕБ", "испекла хлеб"),
    "오늘 아침에 빵을 구웠어요.": ("빵", "빵을", "아침", "구웠"),
    "आज मैंने ताज़ी रोटी बनाई।": ("रोटी", "ताज़ी"),
    "วันนี้อบขนมปังเองที่บ้าน": ("ขนมปัง", "บ้าน"),
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_found_by_the_words_that_a_speaker_would_type(
    session: Session, client: TestClient, ana: User, text: str
) -> None:
    for other in TEXTS:
        make_post(session, ana, other)

    for typed in TEXTS[text]:
        assert found(client, typed) == [text], typed


def test_all_words_are_wanted_in_any_order(session: Session, client: TestClient, ana: User) -> None:
    make_post(session, ana, "Bread and butter.")
    make_post(session, ana, "Bread alone.")

    assert found(client, "butter bread") == ["Bread and butter."]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ('"white bread"', ["White bread."]),
        ("bread -white", ["Bread, not so white.", "Brown bread."][1:]),
        ('bread -"white bread"', ["Bread, not so white.", "Brown bread."]),
        ("-bread", ["Breakfast."]),
        ("brea*", ["Bread, not so white.", "Breakfast.", "Brown bread.", "White bread."]),
        ("brown OR", []),
        ('"white', ["Bread, not so white.", "White bread."]),
    ],
)
def test_the_language_of_searches(
    session: Session, client: TestClient, ana: User, typed: str, expected: list[str]
) -> None:
    for text in ("White bread.", "Brown bread.", "Bread, not so white.", "Breakfast."):
        make_post(session, ana, text)

    assert sorted(found(client, typed)) == expected


def test_authors_and_tags_are_wanted_or_not(
    session: Session, client: TestClient, ana: User, bia: User
) -> None:
    make_post(session, ana, "Ana's #bread")
    make_post(session, ana, "Ana's #butter")
    make_post(session, bia, "Bia's #bread")

    assert found(client, "from:ana tag:bread") == ["Ana's #bread"]
    assert found(client, "#Bread -from:@ANA") == ["Bia's #bread"]
    assert found(client, "from:ana -tag:bread") == ["Ana's #butter"]
    assert found(client, "from:nobody") == []
    assert sorted(found(client, "-from:nobody #bread")) == ["Ana's #bread", "Bia's #bread"]


def test_days_bound_what_is_found(session: Session, client: TestClient, ana: User) -> None:
    now = utc_now()
    for days in (30, 20, 10):
        make_post(session, ana, f"Bread, {days} days ago.").date = now - timedelta(days)
    session.commit()
    day = (now - timedelta(20)).date()

    assert found(client, f"bread before:{day}") == ["Bread, 30 days ago."]
    assert found(client, f"bread after:{day}", sort="-date") == ["Bread, 10 days ago.", "Bread, 20 days ago."]
    assert found(client, f"after:{day} before:{day + timedelta(1)}") == ["Bread, 20 days ago."]
    assert found(client, "before:2000-01-01") == []
    assert found(client, f"bread after:{now.date() + timedelta(1)}") == []


def test_what_fits_best_comes_first_and_the_newest_among_equals(
    session: Session, client: TestClient, ana: User
) -> None:
    once = make_post(session, ana, "Bread is one of many words in this text.")
    twice = make_post(session, ana, "Bread, bread.")
    again = make_post(session, ana, "Bread is one of many words in this text.")
    expected = {"rank": [twice, again, once], "-date": [again, twice, once], "date": [once, twice, again]}

    for sort, posts in expected.items():
        assert [hit["id"] for hit in search(client, "bread", sort=sort)] == [post.id for post in posts]
    assert [hit["id"] for hit in search(client, "bread")] == [twice.id, again.id, once.id]


@pytest.mark.parametrize("sort", ["rank", "-date", "date"])
def test_pages_joined_are_the_whole_and_lead_back(
    session: Session, client: TestClient, ana: User, sort: str
) -> None:
    for number in range(7):
        make_post(session, ana, "bread " * (number % 3 + 1))
    whole = [hit["id"] for hit in search(client, "bread", sort=sort)]
    assert len(whole) == 7

    forth = walk(client, f"/search/?q=bread&sort={sort}&limit=3", "next")
    back = walk(client, forth[-1][0], "prev")

    assert [post for _, page in forth for post in page] == whole
    assert [post for _, page in back[::-1] for post in page] == whole


def walk(client: TestClient, address: str, direction: str) -> list[tuple[str, list[int]]]:
    """Each page from that address on: its address, and the ids on it."""
    pages = []
    following: str | None = address
    while following:
        answer = client.get(following)
        pages.append((following, [hit["id"] for hit in answer.json()]))
        following = answer.links.get(direction, {}).get("url")
        assert len(pages) < 20
    return pages


def test_a_hit_is_the_post_and_shows_where_it_matches(
    session: Session, client: TestClient, login: Login, ana: User
) -> None:
    post = make_post(session, ana, "<b>Bread</b> & butter")

    (hit,) = search(login(ana), "bread")

    assert hit.pop("snippet") == [
        {"text": "<b>", "match": False},
        {"text": "Bread", "match": True},
        {"text": "</b> & butter", "match": False},
    ]
    shown = login(ana).get(f"/post/{post.id}/").json()
    shown.pop("replies")
    assert hit == shown


def test_the_index_keeps_in_step(session: Session, login: Login, client: TestClient, ana: User) -> None:
    post = make_post(session, ana, "Bread.")
    make_post(session, ana, "A reply about bread.", parent=post)
    assert sorted(found(client, "bread")) == ["A reply about bread.", "Bread."]

    login(ana).patch(f"/post/{post.id}/", json={"text": "Cake."})
    assert (found(client, "bread"), found(client, "cake")) == (["A reply about bread."], ["Cake."])
    login(ana).delete(f"/post/{post.id}/")
    assert found(client, "cake") == []
    login(ana).delete("/user/me/")
    assert found(client, "bread") == []


@pytest.mark.security(29)
@pytest.mark.parametrize("act", ["mute", "block"])
def test_who_is_hidden_is_not_found(
    session: Session, login: Login, client: TestClient, ana: User, bia: User, act: str
) -> None:
    make_post(session, bia, "Bia's #bread.")
    login(ana).post(f"/user/{act}/{bia.id}/")

    for typed in ("bread", "#bread", "-butter"):
        assert found(login(ana), typed) == []
    # Whom one muted one may look for.
    for typed in ("from:bia", "from:bia bread"):
        assert found(login(ana), typed) == (["Bia's #bread."] if act == "mute" else [])
    assert login(ana).get("/post/tag/bread/").json() == []
    assert login(ana).get("/tag/trending/").json() == []
    client.headers.pop("Authorization", None)
    assert found(client, "bread") == ["Bia's #bread."]


@pytest.mark.security(16)
@pytest.mark.parametrize(
    "typed",
    [
        *('"', "-", "*", '-"', '""', "-*", "'", "\\", "%", "#", "@", "@12", "(", "&", "\0", "\ud800"),
        *("from:", "tag:#", "before:yesterday", "a:b", "^a", "{a b}"),
        *("a AND", "NEAR(", "NOT", "a & !", "' | ''", "'):*", "a" * 10_000, '"a ' * 500),
        *("e" + "\u0301" * 5_000, "\u9762" * 5_000, "-a " * 1_600, "#a " * 1_600, '"' * 5_001),
    ],
)
def test_nothing_that_is_typed_is_an_error(
    session: Session, client: TestClient, ana: User, typed: str
) -> None:
    make_post(session, ana, "A text.")

    escaped = quote(typed, safe="", errors="surrogatepass")
    for address in ("/search/?", "/search/?type=users&", "/search/?type=tags&", "/post/?", "/tag/?"):
        assert client.get(f"{address}q={escaped}").status_code == 200, address
    assert client.get(f"/post/?tag={escaped}").status_code == 200


@pytest.mark.security(16)
def test_letters_of_the_index_are_letters(session: Session, client: TestClient, ana: User) -> None:
    """Nobody asks by a mark of the index, and nobody writes one."""
    make_post(session, ana, f"@{ana.id} @11:0 #bread")

    assert found(client, f'"@{ana.id + 1}"') == []
    assert found(client, "11:0") == [f"@{ana.id} @11:0 #bread"]


def test_a_bad_parameter_is_a_422_that_says_where(client: TestClient) -> None:
    for parameter, value in (("type", "dogs"), ("sort", "random"), ("limit", "0")):
        answer = client.get("/search/", params={"q": "a", parameter: value})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [f"query.{parameter}"]


def test_users_are_found_by_prefix_with_most_followers_first(
    session: Session, login: Login, client: TestClient
) -> None:
    saora, sao_paulo, sao = (make_user(session, name) for name in ("Saora", "sao_paulo", "sao"))
    make_follow(session, sao, sao_paulo)
    make_follow(session, saora, sao_paulo)
    make_follow(session, sao, saora)
    make_user(session, "saarland")

    for typed in ("sao", "São", " @SAO", "sao*"):
        assert [user["username"] for user in search(client, typed, type="users")] == [
            "sao_paulo",
            "Saora",
            "sao",
        ]
    assert [user["username"] for user in search(client, "sao", type="users", limit=1)] == ["sao_paulo"]
    assert search(client, "sao-", type="users") == search(client, "%", type="users") == []
    login(sao_paulo).post(f"/user/block/{sao.id}/")
    assert people(login(sao), "sao") == ["Saora", "sao"]


def people(client: TestClient, typed: str, **more: Any) -> list[str]:
    return [user["username"] for user in search(client, typed, type="users", **more)]


def test_tags_are_found_by_how_they_begin_most_used_first(
    session: Session, client: TestClient, ana: User
) -> None:
    for text in ("#São_Paulo", "#saopaulo #são_paulo", "#santos"):
        make_post(session, ana, text)
    expected = [{"name": "são_paulo", "uses": 2}, {"name": "saopaulo", "uses": 1}]

    assert search(client, "sao", type="tags") == search(client, "#SÃO", type="tags") == expected
    assert client.get("/tag/", params={"q": "sao"}).json() == expected
    assert search(client, "", type="tags") == []
    assert len(client.get("/tag/").json()) == 3
