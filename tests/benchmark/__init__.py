"""Tests of what `scripts/benchmark` makes of its figures."""
