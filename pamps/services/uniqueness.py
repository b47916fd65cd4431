"""What the database says when a name or an address is taken, in words."""

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
    """Which of the two unique indexes refused."""
    return EmailTaken() if "uq_user_email" in violated_constraint(error) else UsernameTaken()
