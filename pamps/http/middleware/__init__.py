"""What surrounds every request and response, before a route is found and after it has answered."""
