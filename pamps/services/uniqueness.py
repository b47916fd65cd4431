"""What the database says when a name or an address is taken, in words."""

from sqlalchemy.exc import IntegrityError

from pamps.errors import Conflict, violated_constraint


class UsernameTaken(Conflict):
    code = "username_taken"
    detail = "Somebody has this user name already."


class EmailTaken(Conflict):
    code = "email_taken"
    detail = "Somebody has this e-mail address already."


def explain_taken(error: IntegrityError) -> Conflict:
    """Which of the two unique indexes refused."""
    return EmailTaken() if "uq_user_email" in violated_constraint(error) else UsernameTaken()
