"""The content of the databases: a demo, plus everything that a demo lacks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.answering.checkouts import Checkout, Failed, open_client
from scripts.answering.people import PASSWORD, Person, ask, log_in, register
from scripts.answering.texts import BIOS, THREAD, TOPICS, posts_of

DEMO = ("--users", "40", "--posts", "600", "--seed", "7", "--until", "2026-11-20")
CROWD = 14  # users of the demo who take part
CHAIN = 26  # nested replies: more levels than a thread shows
WIDE = 106  # replies to one post: more than the page of a post shows
FAR = "2090-01-01T00:00:00Z"


@dataclass
class World:
    """The created users and items. `facts` are the names and ids for the placeholders in paths."""

    url: str
    people: dict[str, Person] = field(default_factory=dict)
    crowd: list[Person] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Close all connections."""
        for person in [*self.people.values(), *self.crowd]:
            person.client.close()


def make_content(checkout: Checkout) -> dict[str, Any]:
    """Fill an empty database; returns the tokens of the viewers, and the facts."""
    checkout.run("migrate")
    checkout.run("demo", *DEMO)
    checkout.run("create-user", "zoe@example.test", "zoe", PASSWORD, "--superuser")
    with checkout.serving() as url:
        world = World(url)
        try:
            for make in (
                make_people,
                make_follows,
                make_posts,
                make_thread,
                make_long_threads,
                make_likes,
                make_edits,
                make_hidings,
                make_secrets,
                make_acts,
                note_facts,
            ):
                make(world)
        finally:
            world.close()
    return {"tokens": world.tokens, "facts": world.facts}


def make_people(world: World) -> None:
    """Register the users: zoe is a superuser, the others are ordinary, and the crowd is from the demo."""
    people = world.people
    people["zoe"] = log_in(world.url, "zoe", PASSWORD)
    for name, profile in BIOS.items():
        people[name] = register(world.url, name, **profile)
    users = ask(people["zoe"].client, "GET", "/user/?limit=100")
    demo = [user for user in users if user["username"] not in people]
    if len(demo) < CROWD + 6:
        raise Failed("The demo has too few users.")
    best = sorted(demo, key=lambda user: (-user["posts"], user["id"]))
    world.facts["best"] = [user["id"] for user in best]
    world.crowd += [log_in(world.url, user["username"]) for user in best[:CROWD]]
    people["star"], people["mute"] = world.crowd[0], world.crowd[1]
    people["ana"].ask("PATCH", "/user/me/", {"avatar": "https://example.test/ana.png?a=1&b=2"})
    people["caro"].ask("PATCH", "/user/me/", {"bio": None})


def make_follows(world: World) -> None:
    """Ana has many followers and follows many, including users who will be hidden from her."""
    people, best = world.people, world.facts["best"]
    for name, others in {
        "ana": [*best[:26], *(people[name].id for name in ("bia", "caro", "dan"))],
        "zoe": [*best[3:9], people["ana"].id],
        "bia": [people["ana"].id, best[0]],
        "dan": [people["ana"].id, people["bia"].id],
        "caro": [people["ana"].id],
    }.items():
        for other in others:
            people[name].ask("POST", f"/user/follow/{other}/")
    for person in world.crowd:
        person.ask("POST", f"/user/follow/{people['ana'].id}/")


def make_posts(world: World) -> None:
    """Posts with all kinds of texts, including some for trends."""
    for name in ("ana", "bia", "caro", "dan", "zoe"):
        for number, text in enumerate(posts_of(name)):
            world.facts[f"{name}_post_{number}"] = world.people[name].write(text)
    for number, person in enumerate(world.crowd):
        topics = " ".join(f"#{topic}" for topic in TOPICS[number % len(TOPICS) :])
        person.write(f"What @ana said about {topics} 🌍")
        person.write(f"Welcome, from {person.name}", world.facts["ana_post_0"])


def make_thread(world: World) -> None:
    """A thread with everyone; then some replies and one of the accounts are deleted."""
    ids: dict[str, Any] = {}
    for place, author, parent, text in THREAD:
        ids[place] = world.people[author].write(text, ids.get(parent))
    people = world.people
    people["caro"].ask("DELETE", f"/post/{ids['tombstone']}/")
    people["caro"].ask("DELETE", f"/post/{ids['gone']}/")
    people["zoe"].ask("DELETE", f"/post/{ids['moderated']}/")
    people["gus"].ask("DELETE", "/user/me/")
    world.facts |= {f"thread_{place}": id_ for place, id_ in ids.items()}


def make_long_threads(world: World) -> None:
    """A deep thread and a wide one."""
    pair = [world.people["bia"], world.people["ana"], world.people["mute"]]
    ids = [pair[0].write("The beginning of a long conversation")]
    for level in range(CHAIN):
        ids.append(pair[(level + 1) % 3].write(f"Level {level + 1} #deep", ids[-1]))
    world.facts |= {"deep": ids[0], "deep_middle": ids[CHAIN // 2], "deepest": ids[-1]}
    wide = world.people["bia"].write("Who is there? @ana @caro")
    world.facts["wide"] = wide
    for number in range(WIDE):
        reply = world.crowd[number % CROWD].write(f"Number {number}", wide)
        if number % 10 == 0:
            world.people["ana"].write("Welcome!", reply)


def make_likes(world: World) -> None:
    """Ana likes many posts, and the crowd likes hers."""
    people, facts = world.people, world.facts
    feed = ask(people["zoe"].client, "GET", "/post/?limit=100")
    for person, chosen in (
        (people["ana"], feed[::2]),
        (people["bia"], feed[::5]),
        (people["zoe"], feed[1::9]),
    ):
        like(person, [post["id"] for post in chosen])
    for person in [*world.crowd, people["dan"], people["eva"], people["caro"]]:
        like(person, [facts["ana_post_0"], facts["bia_post_1"], facts["wide"], facts["thread_root"]])
    people["dan"].ask("DELETE", f"/post/{facts['wide']}/like/")


def like(person: Person, post_ids: Sequence[int]) -> None:
    """Like some posts."""
    for post_id in post_ids:
        person.ask("POST", f"/post/{post_id}/like/")


def make_edits(world: World) -> None:
    """Edited posts, with different mentions and tags than before."""
    people, facts = world.people, world.facts
    people["ana"].ask("PATCH", f"/post/{facts['ana_post_1']}/", {"text": "Edited, for @bia and #later 🖋"})
    people["bia"].ask("PUT", f"/post/{facts['bia_post_0']}/", {"text": 'Edited, too: @ana, #later "quoted"'})
    people["caro"].ask("PATCH", f"/post/{facts['thread_edited']}/", {"text": "A reply, edited"})
    people["dan"].ask("DELETE", f"/post/{facts['dan_post_0']}/")


def make_hidings(world: World) -> None:
    """Ana mutes, blocks and is blocked. Earlier actions of the hidden users remain."""
    people = world.people
    for name, kind, other in (
        ("ana", "mute", "mute"),
        ("ana", "mute", "caro"),
        ("ana", "block", "dan"),
        ("eva", "block", "ana"),
        ("bia", "mute", "zoe"),
    ):
        people[name].ask("POST", f"/user/{kind}/{people[other].id}/")
    for number in (10, 11):
        people["ana"].ask("POST", f"/user/mute/{world.crowd[number].id}/")
        people["ana"].ask("POST", f"/user/block/{world.crowd[number + 2].id}/")
    people["mute"].write("I still talk about @ana #later")
    people["caro"].write("And I, @ana, to you", world.facts["ana_post_0"])
    world.facts["dan_last"] = people["dan"].write("Nobody answers me, @bia #later")


def make_secrets(world: World) -> None:
    """Sessions, access tokens and invites."""
    ana, zoe = world.people["ana"], world.people["zoe"]
    log_in(world.url, "ana", PASSWORD).client.close()
    for name, scopes, until in (("reader", "read", None), ("writer", "write", FAR), ("once", "read", None)):
        body = {"name": f"The {name} <b>", "scopes": scopes, "expires_at": until}
        made = ana.ask("POST", "/access_token/", body)
        world.facts[f"token_{name}"] = made["id"]
        world.tokens[f"ana_{name}"] = made["token"]
    with open_client(world.url, world.tokens["ana_reader"]) as client:
        ask(client, "GET", "/user/me/")
    ana.ask("DELETE", f"/access_token/{world.facts['token_once']}/")
    del world.tokens["ana_once"]
    invites = [
        zoe.ask("POST", "/admin/invite/", {"note": 'For the "choir" 🎶', "uses": 3, "expires_at": FAR}),
        zoe.ask("POST", "/admin/invite/", {}),
        zoe.ask("POST", "/admin/invite/", {"note": "A mistake"}),
    ]
    zoe.ask("DELETE", f"/admin/invite/{invites[2]['id']}/")
    world.people["hana"] = register(world.url, "hana", invite=invites[0]["code"])
    world.facts["invite"] = invites[0]["id"]


def make_acts(world: World) -> None:
    """Actions of superusers, and others that are audited; then ana marks some notifications as read."""
    people, best = world.people, world.facts["best"]
    zoe = people["zoe"]
    for user_id, act in ((best[-1], "deactivate"), (best[-2], "deactivate"), (best[-2], "activate")):
        zoe.ask("POST", f"/admin/user/{user_id}/{act}/")
    zoe.ask("DELETE", f"/admin/user/{best[-3]}/")
    new = {"current_password": PASSWORD, "new_password": f"{PASSWORD}, again"}
    people["hana"].ask("POST", "/user/me/password/", new)
    people["bia"].ask("PATCH", "/user/me/", {"email": "bia.new@example.test"})
    told = ask(people["ana"].client, "GET", "/notification/?limit=100")
    people["ana"].ask("POST", "/notification/read/", {"up_to": told[30]["id"]})
    world.facts["told"] = told[30]["id"]


def note_facts(world: World) -> None:
    """Add names and ids of users to the facts, and collect the tokens of the viewers."""
    facts, best = world.facts, world.facts.pop("best")
    for name, person in world.people.items():
        facts |= {name: person.name, f"{name}_id": person.id}
    facts |= {"deactivated_id": best[-1], "deleted_id": best[-3], "quiet_id": best[-4]}
    facts["blocked"] = world.crowd[12].name
    feed = ask(world.people["zoe"].client, "GET", "/post/?limit=100")
    facts |= {"feed_20": feed[20]["id"], "feed_60": feed[60]["id"]}
    world.tokens |= {"ana": world.people["ana"].token, "zoe": world.people["zoe"].token}
