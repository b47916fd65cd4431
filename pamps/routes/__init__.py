"""The native API: every router, in the order in which addresses are tried."""

from pamps.routes import (
    access_token,
    admin,
    block,
    email_token,
    follow,
    health,
    like,
    login,
    mute,
    notification,
    post,
    rss,
    search,
    session,
    tag,
    thread,
    timeline,
    totp,
    user,
)

ROUTERS = (
    timeline.router,  # before user: /user/{username}/ would match its path
    tag.router,  # before post, for the same reason
    post.router,
    mute.router,  # before user, for the same reason
    block.router,
    user.router,
    like.router,
    thread.router,
    follow.router,
    notification.router,
    search.router,
    rss.router,
    health.router,
    login.router,
    session.router,
    access_token.router,
    totp.router,
    email_token.router,
    admin.router,
)
