"""The error raised for unusable settings."""


class SettingsError(Exception):
    """The settings are unusable; the message is a single line that says what to change."""
