"""The JSON API: every router, in the order in which addresses are tried."""

from pamps.routes import (
    access_token,
    admin,
    feed,
    health,
    like,
    mail_link,
    post,
    session,
    social,
    timeline,
    token,
    totp,
    user,
)

# The framework tries one address after the other for each request: what is asked most comes first.
ROUTERS = (
    timeline.router,  # before user, whose /user/{username}/ would take its address for a name
    post.router,
    user.router,
    like.router,
    social.router,
    feed.router,
    health.router,
    token.router,
    session.router,
    access_token.router,
    totp.router,
    mail_link.router,
    admin.router,
)
