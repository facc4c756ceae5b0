"""Whether the tests notice when the integration is wrong: `scripts/test --mutations`."""
