"""`pamps demo`: a world of made-up people and posts, to try Pamps out on and to measure it."""
