"""Tests of the simulated dashboard."""
