"""Passwords, tokens and encryption, without a database or a web framework."""
