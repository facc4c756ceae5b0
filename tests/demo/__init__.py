"""Tests of what `scripts/` themselves decide."""
