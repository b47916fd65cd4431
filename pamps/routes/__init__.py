"""The JSON API: every router, in the order in which addresses are tried."""

from pamps.routes import (
    access_token,
    admin,
    health,
    hiding,
    like,
    mail_link,
    notification,
    post,
    session,
    social,
    thread,
    timeline,
    token,
    totp,
    user,
)

# The framework tries one address after the other for each request: what is asked most comes first.
ROUTERS = (
    timeline.router,  # before user, whose /user/{username}/ would take its address for a name
    post.router,
    hiding.router,  # before user, too
    user.router,
    like.router,
    thread.router,
    social.router,
    notification.router,
    health.router,
    token.router,
    session.router,
    access_token.router,
    totp.router,
    mail_link.router,
    admin.router,
)
