"""Wait until the configured database responds: `python -m tests.support.wait_for_database`."""

import sys
import time

from sqlalchemy.exc import OperationalError

from pamps.db import engine

PATIENCE_SECONDS = 60


def main() -> None:
    """Poll the database until it responds; exit with status 1 after a timeout."""
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
