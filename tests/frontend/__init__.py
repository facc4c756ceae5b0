"""The dashboard in the box."""
