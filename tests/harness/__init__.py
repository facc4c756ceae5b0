"""Tests of what the demo, the soak and the browser share."""
