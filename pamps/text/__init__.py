"""Pure functions on text: tags and mentions, words, search queries, snippets, reserved names."""
