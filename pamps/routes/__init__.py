"""The routers of the JSON API, in matching order."""

from pamps.routes import (
    access_token,
    admin,
    health,
    like,
    notification,
    post,
    search,
    session,
    tag,
    thread,
    timeline,
    totp,
    user,
)
from pamps.routes import block as hiding
from pamps.routes import email_token as mail_link
from pamps.routes import follow as social
from pamps.routes import login as token
from pamps.routes import rss as feed

# Routes are matched in order for each request: the most frequent ones come first.
ROUTERS = (
    timeline.router,  # before user: /user/{username}/ would match its path
    tag.router,  # before post, for the same reason
    post.router,
    hiding.router,  # before user, for the same reason
    user.router,
    like.router,
    thread.router,
    social.router,
    notification.router,
    search.router,
    feed.router,
    health.router,
    token.router,
    session.router,
    access_token.router,
    totp.router,
    mail_link.router,
    admin.router,
)
