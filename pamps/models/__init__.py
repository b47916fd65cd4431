"""Tables and schemas, one module per noun. Importing this package registers every table."""

from pamps.models.access_token import AccessToken
from pamps.models.audit import AuditEntry
from pamps.models.block import Block
from pamps.models.email_token import EmailToken
from pamps.models.follow import Follow
from pamps.models.invite import Invite
from pamps.models.like import Like
from pamps.models.notification import Notification
from pamps.models.post import Post
from pamps.models.rate_limit import RateCount
from pamps.models.session import LoginSession
from pamps.models.tag import PostTag, Tag
from pamps.models.totp import RecoveryCode, Totp
from pamps.models.user import User

# The tutorial's name for the follow table.
Social = Follow

__all__ = [
    "AccessToken",
    "AuditEntry",
    "Block",
    "EmailToken",
    "Follow",
    "Invite",
    "Like",
    "LoginSession",
    "Notification",
    "Post",
    "PostTag",
    "RateCount",
    "RecoveryCode",
    "Social",
    "Tag",
    "Totp",
    "User",
]
