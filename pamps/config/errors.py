"""What is wrong with the settings."""


class SettingsError(Exception):
    """The settings cannot be used; the message is one line that says what to change."""
