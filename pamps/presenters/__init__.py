"""Turning rows into the formats that clients read: JSON of the native API, and RSS."""
