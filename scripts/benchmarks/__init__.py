"""`scripts/benchmark`: what the integration costs Home Assistant, measured on a real one."""
