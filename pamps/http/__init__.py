"""The HTTP layer: turns requests into calls of endpoints, and their results and errors into responses."""
