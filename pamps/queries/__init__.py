"""Queries: all reads of the database for responses, one module per noun."""
