"""Waking the notification streams of every process when something was committed for them."""
