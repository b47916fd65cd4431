"""The pages for people that Pamps serves itself."""
