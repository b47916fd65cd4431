"""Presenters: render rows in the formats of clients, JSON of the native API and RSS."""
