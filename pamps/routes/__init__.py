"""The JSON API: every router, in the order in which addresses are tried."""

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

# The framework tries one address after the other for each request: what is asked most comes first.
ROUTERS = (
    timeline.router,  # before user, whose /user/{username}/ would take its address for a name
    tag.router,  # before post, likewise
    post.router,
    hiding.router,  # before user, too
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
