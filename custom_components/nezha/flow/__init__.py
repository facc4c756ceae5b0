"""The flows that add a dashboard, change it, and set its options."""
