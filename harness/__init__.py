"""What the demo, the soak, the benchmark and the browser share: a real Home Assistant, and a judge of what it shows.

The judge reads the dashboard by itself, and knows nothing of the integration.
"""
