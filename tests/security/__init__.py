"""What strangers do to a home, and that it does not mind."""
