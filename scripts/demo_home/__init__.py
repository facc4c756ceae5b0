"""`scripts/demo`: a real Home Assistant with the integration, beside a simulated (or the user's own) dashboard."""
