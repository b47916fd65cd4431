"""The JSON API: every router, in the order in which addresses are tried."""

from pamps.routes import (
    access_token,
    admin,
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

ROUTERS = (
    health.router,
    token.router,
    session.router,
    access_token.router,
    totp.router,
    mail_link.router,
    timeline.router,  # before user, whose /user/{username}/ would take its address for a name
    user.router,
    social.router,
    post.router,
    like.router,
    admin.router,
)
