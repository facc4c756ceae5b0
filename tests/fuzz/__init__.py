"""Whole recorded replies, mutated: they give a snapshot or one of our errors, and cost no other server anything."""
