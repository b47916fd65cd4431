"""Wait until the database of the settings answers: `python -m tests.support.wait_for_database`."""

import sys
import time

from sqlalchemy.exc import OperationalError

from pamps.db import engine

PATIENCE_SECONDS = 60


def main() -> None:
    """Ask until there is an answer; exit with status 1 when patience is at its end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            engine.connect().close()
        except OperationalError as error:
            if time.monotonic() > deadline:
                sys.exit(f"The database does not answer: {error}")
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    main()
