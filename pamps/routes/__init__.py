"""The JSON API: every router. Their order does not matter (see pamps.http.router)."""

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

ROUTERS = (
    timeline.router,
    tag.router,
    post.router,
    hiding.router,
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
