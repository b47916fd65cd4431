"""How a process learns that others have written: PostgreSQL sends messages, a SQLite file is looked at."""
