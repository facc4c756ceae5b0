"""Whether anything secret is shown, and tests of how that is found out."""
