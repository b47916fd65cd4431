"""The requests that change the database, which are sent last: a sequence of steps by several viewers."""

from scripts.answering.people import PASSWORD
from scripts.answering.requests import Request

Step = tuple[str, Request]  # viewer and request

LONG = "x" * 501
AS_JSON = {"Content-Type": "application/json"}
AS_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TWICE = b"username=a&username=b&password=c"
LINK = {"token": "no link that was ever sent"}

# Requests that require a signed-in user or a token, sent without one.
BY_NOBODY = (
    ("POST", "/post/"),
    ("PUT", "/post/{ana_post_0}/"),
    ("PATCH", "/post/{ana_post_0}/"),
    ("DELETE", "/post/{ana_post_0}/"),
    ("POST", "/post/{ana_post_0}/like/"),
    ("DELETE", "/post/{ana_post_0}/like/"),
    ("POST", "/user/follow/{bia_id}/"),
    ("DELETE", "/user/follow/{bia_id}/"),
    ("POST", "/user/mute/{bia_id}/"),
    ("DELETE", "/user/mute/{bia_id}/"),
    ("POST", "/user/block/{bia_id}/"),
    ("DELETE", "/user/block/{bia_id}/"),
    ("POST", "/notification/read/"),
    ("PATCH", "/user/me/"),
    ("DELETE", "/user/me/"),
    ("POST", "/user/me/password/"),
    ("POST", "/user/me/totp/"),
    ("DELETE", "/user/me/totp/"),
    ("POST", "/user/me/totp/confirm/"),
    ("POST", "/user/me/totp/recovery_codes/"),
    ("POST", "/access_token/"),
    ("DELETE", "/access_token/{token_reader}/"),
    ("DELETE", "/session/"),
    ("DELETE", "/session/1/"),
    ("POST", "/logout/"),
    ("POST", "/refresh_token"),
    ("POST", "/admin/user/{bia_id}/deactivate/"),
    ("POST", "/admin/user/{bia_id}/activate/"),
    ("DELETE", "/admin/user/{bia_id}/"),
    ("DELETE", "/admin/post/{ana_post_0}/"),
    ("POST", "/admin/invite/"),
    ("DELETE", "/admin/invite/{invite}/"),
    ("POST", "/token"),
    ("POST", "/user/"),
    ("POST", "/password_reset/"),
    ("POST", "/password_reset/confirm/"),
    ("POST", "/email_confirmation/"),
    ("POST", "/email_confirmation/confirm/"),
)

# Invalid bodies, sent to the route for new posts.
BODIES: tuple[Request, ...] = (
    Request("/post/", "POST", json={"text": ""}),
    Request("/post/", "POST", json={"text": " \u200b\n "}),
    Request("/post/", "POST", json={"text": LONG}),
    Request("/post/", "POST", json={"text": "x\u0000"}),
    Request("/post/", "POST", json={"text": 5}),
    Request("/post/", "POST", json={"text": "x", "more": 1, "and": 2}),
    Request("/post/", "POST", json={"text": "x", "parent_id": "1"}),
    Request("/post/", "POST", json={"text": "x", "parent_id": 0}),
    Request("/post/", "POST", json={"text": "x", "parent_id": 999999}),
    Request("/post/", "POST", json={"text": "x", "parent_id": "{thread_tombstone}"}),
    Request("/post/", "POST", json={"text": "x", "parent_id": "{dan_last}"}),
    Request("/post/", "POST", json=["text"]),
    Request("/post/", "POST", raw=b'{"text": "x", "text": "y"}', headers=AS_JSON),
    Request("/post/", "POST", raw=b'{"text": NaN}', headers=AS_JSON),
    Request("/post/", "POST", raw=b'{"text": "x"', headers=AS_JSON),
    Request("/post/", "POST", raw=b'{"text": "\xff"}', headers=AS_JSON),
    Request("/post/", "POST", raw=b'{"text": "\\ud800"}', headers=AS_JSON),
    Request("/post/", "POST", raw=b'{"text": "x"}', headers={"Content-Type": "text/plain"}),
    Request("/post/", "POST", raw=b"x" * 1_000_001, note="(too large)"),
)


def list_steps() -> list[Step]:
    """All steps, in order."""
    return [
        *(("anonymous", Request(path, method)) for method, path in BY_NOBODY),
        *(("ana", body) for body in BODIES),
        *refused(),
        *posting(),
        *meeting(),
        *accounts(),
        *tokens(),
        *moderating(),
        *second_factor(),
        *leaving(),
    ]


def refused() -> list[Step]:
    """Requests by ana that are forbidden, refer to nothing, or are invalid."""
    answers = {"text": "This is not mine"}
    return [
        ("ana", Request("/post/{bia_post_2}/", "PUT", json=answers)),
        ("ana", Request("/post/{bia_post_2}/", "PATCH", json=answers)),
        ("ana", Request("/post/{bia_post_2}/", "DELETE")),
        ("ana", Request("/post/{dan_last}/", "PATCH", json=answers)),
        ("ana", Request("/post/999999/", "PATCH", json=answers)),
        ("ana", Request("/post/999999/", "DELETE")),
        ("ana", Request("/post/999999/like/", "POST")),
        ("ana", Request("/post/{dan_last}/like/", "POST")),
        ("ana", Request("/post/{thread_tombstone}/like/", "POST")),
        ("ana", Request("/user/follow/{ana_id}/", "POST")),
        ("ana", Request("/user/follow/999999/", "POST")),
        ("ana", Request("/user/follow/{dan_id}/", "POST")),
        ("ana", Request("/user/follow/{eva_id}/", "POST")),
        ("ana", Request("/user/mute/{ana_id}/", "POST")),
        ("ana", Request("/user/block/999999/", "POST")),
        ("ana", Request("/session/999999/", "DELETE")),
        ("ana", Request("/access_token/999999/", "DELETE")),
        ("ana", Request("/notification/read/", "POST", json={"up_to": "x"})),
        ("ana", Request("/admin/user/{bia_id}/deactivate/", "POST")),
        ("ana", Request("/admin/post/{bia_post_2}/", "DELETE")),
        ("ana", Request("/admin/invite/", "POST", json={"note": "x"})),
        ("ana_reader", Request("/post/", "POST", json={"text": "x"})),
        ("ana_reader", Request("/session/")),
        ("ana_reader", Request("/admin/user/")),
        ("ana_writer", Request("/access_token/", "POST", json={"name": "x", "scopes": "read"})),
        ("ana_writer", Request("/user/me/", "PATCH", json={"email": "ana.new@example.test"})),
        ("zoe", Request("/admin/user/{zoe_id}/deactivate/", "POST")),
        ("zoe", Request("/admin/user/999999/activate/", "POST")),
        ("zoe", Request("/admin/post/999999/", "DELETE")),
        ("zoe", Request("/admin/invite/999999/", "DELETE")),
        ("zoe", Request("/admin/invite/", "POST", json={"uses": 0})),
        ("zoe", Request("/post/{bia_post_2}/", "PATCH", json=answers)),
    ]


def posting() -> list[Step]:
    """A post and replies: created, edited, liked, found, deleted."""
    text = "New: @bia, @zoe and #pamps 🎈 <b>bold</b> \u05e9\u05dc\u05d5\u05dd"
    return [
        ("ana", Request("/post/", "POST", json={"text": text}, saves={"new": "id"})),
        (
            "ana",
            Request("/post", "POST", json={"text": "Me, too", "parent_id": "{new}"}, saves={"own": "id"}),
        ),
        (
            "zoe",
            Request("/post/", "POST", json={"text": "@ana!", "parent_id": "{own}"}, saves={"reply": "id"}),
        ),
        ("ana_writer", Request("/post/", "POST", json={"text": "By a script"}, saves={"scripted": "id"})),
        ("ana", Request("/post/{new}/", "PATCH", json={"text": "Edited for @caro #later"})),
        ("ana", Request("/post/{own}/", "PUT", json={"text": "Edited, too"})),
        ("zoe", Request("/post/{new}/like/", "POST")),
        ("zoe", Request("/post/{new}/like/", "POST")),
        ("ana", Request("/post/{bia_post_3}/like/", "POST")),
        ("ana", Request("/post/{bia_post_3}/like/", "DELETE")),
        ("ana", Request("/post/{bia_post_3}/like/", "DELETE")),
        ("ana", Request("/post/{new}/thread/")),
        ("zoe", Request("/post/{own}/thread/")),
        ("anonymous", Request("/post/{new}/")),
        ("anonymous", Request("/post/?limit=3")),
        ("anonymous", Request("/search/?q=edited&sort=-date&limit=3")),
        ("anonymous", Request("/post/tag/later/?limit=2")),
        ("ana", Request("/notification/?limit=3")),
        ("ana", Request("/notification/stream/?seconds=0&last_event_id={told}")),
        ("zoe", Request("/notification/?limit=3")),
        ("ana", Request("/notification/read/", "POST", json={"up_to": "{told}"})),
        ("ana", Request("/post/{own}/", "DELETE")),
        ("ana", Request("/post/{own}/", "DELETE")),
        ("ana", Request("/post/{scripted}/", "DELETE")),
        ("ana", Request("/post/{new}/thread/")),
        ("zoe", Request("/post/{reply}/", "DELETE")),
        ("anonymous", Request("/post/{own}/")),
    ]


def meeting() -> list[Step]:
    """Follows, mutes and blocks, each of them twice."""
    acts = [
        Request(f"/user/{kind}/{{quiet_id}}/", method)
        for kind in ("follow", "mute", "block")
        for method in ("POST", "POST", "DELETE", "DELETE")
    ]
    return [
        *(("ana", act) for act in acts),
        ("ana", Request("/user/block/{caro_id}/", "POST")),
        ("ana", Request("/user/caro/")),
        ("ana", Request("/user/me/")),
        ("ana", Request("/user/block/")),
        ("ana", Request("/user/ana/followers/?limit=3")),
        ("ana", Request("/post/{thread_root}/thread/")),
    ]


def accounts() -> list[Step]:
    """Registering, and changing an account."""
    new = {"username": "ida", "email": "ida@Example.TEST", "password": PASSWORD}
    return [
        ("anonymous", Request("/user/", "POST", json=new, saves={"ida_id": "id"})),
        ("anonymous", Request("/user/", "POST", json=new | {"username": "IDA"})),
        (
            "anonymous",
            Request("/user/", "POST", json=new | {"username": "ida2", "email": "IDA@example.test"}),
        ),
        ("anonymous", Request("/user/", "POST", json=new | {"username": "admin"})),
        (
            "anonymous",
            Request("/user/", "POST", json=new | {"username": "i d a", "email": "x", "password": "1"}),
        ),
        ("anonymous", Request("/user/", "POST", json=new | {"password": "password"})),
        ("anonymous", Request("/user/", "POST", json=new | {"avatar": "ftp://x", "bio": LONG})),
        ("anonymous", Request("/user/ida/")),
        ("ana", Request("/user/me/", "PATCH", json={"bio": "Another one 🐢", "avatar": None})),
        ("ana", Request("/user/me/", "PATCH", json={})),
        ("ana", Request("/user/me/", "PATCH", json={"email": None})),
        ("ana", Request("/user/me/", "PATCH", json={"email": "bia.new@example.test"})),
        ("ana", Request("/user/me/", "PATCH", json={"email": "Ana.New@Example.test"})),
        ("ana", Request("/user/me/", "PATCH", json={"avatar": "javascript:alert(1)", "superuser": True})),
        ("anonymous", Request("/password_reset/", "POST", json={"email": "ida@example.test"})),
        ("anonymous", Request("/password_reset/", "POST", json={"email": "nobody@example.test"})),
        ("anonymous", Request("/password_reset/", "POST", json={"email": "no address"})),
        ("anonymous", Request("/password_reset/confirm/", "POST", json=LINK | {"new_password": PASSWORD})),
        ("anonymous", Request("/email_confirmation/", "POST", json={"email": "ida@example.test"})),
        ("anonymous", Request("/email_confirmation/confirm/", "POST", json=LINK)),
    ]


def tokens() -> list[Step]:
    """Logging in and out, sessions, access tokens."""
    good = {"username": "ida", "password": PASSWORD}
    login = {"refresh_token": "{refresh}"}
    cookie = {"Cookie": "pamps_refresh={refresh}"}
    saves = {"ida": "access_token", "refresh": "refresh_token"}
    body = {"name": "New <i>", "scopes": "write", "expires_at": "2089-01-01T00:00:00+01:00"}
    return [
        ("anonymous", Request("/token", "POST", form=good | {"password": "wrong"})),
        ("anonymous", Request("/token", "POST", form=good | {"username": "nobody_at_all"})),
        ("anonymous", Request("/token", "POST", form=good | {"grant_type": "magic", "more": "x"})),
        ("anonymous", Request("/token", "POST", json=good)),
        ("anonymous", Request("/token", "POST", raw=TWICE, headers=AS_FORM)),
        ("anonymous", Request("/token", "POST", form=good | {"cookie": "true"})),
        (
            "anonymous",
            Request("/token", "POST", form=good | {"cookie": "true"}, headers={"Origin": "https://x.test"}),
        ),
        ("anonymous", Request("/token", "POST", form=good | {"username": "IDA@example.test"}, saves=saves)),
        ("ida", Request("/session/")),
        ("anonymous", Request("/refresh_token", "POST", json={"refresh_token": "nonsense"})),
        ("anonymous", Request("/refresh_token", "POST", headers=cookie)),
        ("anonymous", Request("/refresh_token", "POST", headers=cookie | {"Sec-Fetch-Site": "same-origin"})),
        ("anonymous", Request("/token", "POST", form=good, saves=saves)),
        ("anonymous", Request("/refresh_token", "POST", json=login, saves=saves)),
        ("ida", Request("/user/me/")),
        ("ida", Request("/user/me/", "DELETE")),
        ("ida", Request("/session/", "DELETE")),
        ("ida", Request("/session/")),
        ("ida", Request("/logout/", "POST")),
        ("ida", Request("/user/me/")),
        ("ana", Request("/access_token/", "POST", json=body, saves={"made": "id", "script": "token"})),
        ("ana", Request("/access_token/", "POST", json={"name": " ", "scopes": "all"})),
        ("ana", Request("/access_token/", "POST", json=body | {"expires_at": "2020-01-01T00:00:00Z"})),
        ("script", Request("/user/me/")),
        ("ana", Request("/access_token/")),
        ("ana", Request("/access_token/{made}/", "DELETE")),
        ("script", Request("/user/me/")),
        ("ana", Request("/user/me/password/", "POST", json=_passwords("wrong", "another one of mine"))),
        ("ana", Request("/user/me/password/", "POST", json=_passwords(PASSWORD, "12345678"))),
        ("ana", Request("/user/me/password/", "POST", json=_passwords(PASSWORD, "another one of mine"))),
        ("ana", Request("/session/")),
    ]


def _passwords(current: str, new: str) -> dict[str, str]:
    return {"current_password": current, "new_password": new}


def moderating() -> list[Step]:
    """Actions of superusers."""
    invite = {"note": "New", "uses": 2, "expires_at": "2089-01-01T00:00:00Z"}
    return [
        ("zoe", Request("/admin/invite/", "POST", json=invite, saves={"invited": "id"})),
        ("zoe", Request("/admin/invite/")),
        ("zoe", Request("/admin/invite/{invited}/", "DELETE")),
        ("zoe", Request("/admin/invite/{invited}/", "DELETE")),
        ("zoe", Request("/admin/user/{deactivated_id}/activate/", "POST")),
        ("zoe", Request("/admin/user/{quiet_id}/deactivate/", "POST")),
        ("zoe", Request("/admin/user/{quiet_id}/deactivate/", "POST")),
        ("zoe", Request("/admin/user/?is_active=false")),
        ("zoe", Request("/admin/post/{bia_post_4}/", "DELETE")),
        ("zoe", Request("/post/{bia_post_5}/", "DELETE")),
        ("zoe", Request("/admin/user/{quiet_id}/", "DELETE")),
        ("zoe", Request("/admin/user/{quiet_id}/", "DELETE")),
        ("zoe", Request("/admin/audit/?limit=15")),
    ]


def second_factor() -> list[Step]:
    """Two-factor authentication, as far as possible without an authenticator app."""
    return [
        ("ana", Request("/user/me/totp/recovery_codes/", "POST", json={"otp": "000000"})),
        ("ana", Request("/user/me/totp/confirm/", "POST", json={"otp": "000000"})),
        ("ana", Request("/user/me/totp/", "POST")),
        ("ana", Request("/user/me/totp/confirm/", "POST", json={"otp": "no code"})),
        ("ana", Request("/user/me/totp/")),
        ("ana", Request("/user/me/totp/", "DELETE", json={"otp": "000000"})),
    ]


def leaving() -> list[Step]:
    """Ana deletes her account; then her token is refused, and threads have tombstones of her posts."""
    return [
        ("ana", Request("/user/me/", "DELETE")),
        ("ana", Request("/user/me/")),
        ("anonymous", Request("/user/ana/")),
        ("anonymous", Request("/post/{thread_root}/thread/")),
        ("zoe", Request("/user/timeline/?limit=5")),
        ("zoe", Request("/notification/")),
    ]
