"""Errors for user names and e-mail addresses that are already taken."""

from sqlalchemy.exc import IntegrityError

from pamps.errors import Conflict, violated_constraint


class UsernameTaken(Conflict):
    code = "username_taken"
    detail = "Somebody has this user name already."


class EmailTaken(Conflict):
    code = "email_taken"
    detail = "Somebody has this e-mail address already."


def explain_taken(error: IntegrityError) -> Conflict:
    """The error for the unique index that was violated."""
    return EmailTaken() if "uq_user_email" in violated_constraint(error) else UsernameTaken()
