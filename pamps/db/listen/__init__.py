"""How a process learns of writes by others: PostgreSQL sends notifications, a SQLite file is polled."""
