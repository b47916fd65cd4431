"""Reserved user names, which would clash with URLs of Pamps."""

# First path segments in use or reserved for later, and the segments under /user/ that are not user names.
RESERVED_NAMES = frozenset(
    "about access_token account accounts admin api app apps archive assets atom auth block blog bookmark"
    " bookmarks cli config contact docs draft drafts email_confirmation export"
    " favicon feed feeds follow followers following health"
    " help home hosts inbox invite login logout mail me media mention mentions metrics mute nodeinfo"
    " notification notifications oauth openapi outbox password password_reset post posts pamps privacy public"
    " ready redoc refresh_token register repost reposts robots root rss search security session sessions"
    " settings share signin signup sitemap static stream support system tag tags terms thread timeline token"
    " tokens trending user users webfinger well_known www".split()
)


def is_reserved(username: str) -> bool:
    """Whether `username` is reserved, ignoring case."""
    return username.lower() in RESERVED_NAMES
