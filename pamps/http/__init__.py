"""The HTTP layer: how a request becomes a call of an endpoint, and its result or error a response."""
