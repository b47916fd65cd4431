"""Errors for user names and e-mail addresses that are already taken."""

from sqlalchemy.exc import IntegrityError

from pamps.db.failures import violated_constraint
from pamps.errors import Conflict


class UsernameTaken(Conflict):
    code = "username_taken"
    detail = "This username is already taken."


class EmailTaken(Conflict):
    code = "email_taken"
    detail = "This e-mail address is already in use."


def explain_taken(error: IntegrityError) -> Conflict:
    """The error for the unique index that was violated."""
    return EmailTaken() if "uq_user_email" in violated_constraint(error) else UsernameTaken()
