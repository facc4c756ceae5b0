"""What the documents say: their links lead somewhere, and their examples run."""
