"""Changing the database: everything that locks or writes, one file per noun."""
