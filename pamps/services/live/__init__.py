"""Live notifications: wakes the streams in every process when notifications are committed."""
