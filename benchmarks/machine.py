"""A description of the machine and software of a run."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.postgres import Postgres, memory_of_machine
from benchmarks.wrk import find_version


def describe(postgres: Postgres) -> dict[str, str]:
    """Facts needed to interpret the figures, by name."""
    packages = {"Pamps": "pamps", "FastAPI": "fastapi", "SQLAlchemy": "sqlalchemy", "uvicorn": "uvicorn"}
    busy = ", ".join(f"{load:.2f}" for load in os.getloadavg())
    machine = f"{os.cpu_count()} cores, {find_processor()}, {memory_of_machine() / 2**30:.0f} GB"
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Machine": machine,
        "Load before the run": f"{busy} (1, 5 and 15 minutes)",
        "System": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        **{name: version(package) for name, package in packages.items()},
        "PostgreSQL": f"{postgres.show('server_version')} from {postgres.origin},"
        f" shared_buffers {postgres.show('shared_buffers')}",
        "SQLite": sqlite3.sqlite_version,
        "wrk": find_version(),
    }


def find_processor() -> str:
    """The processor model, if the system reports it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
