"""What nobody should send: every operation of the OpenAPI document, with one thing wrong each time."""
