"""What the demo, the soak, the benchmark and the browser share: a real Home Assistant, and a reading of the dashboard of its own."""
