"""What runs for an entry: it polls, follows, publishes, stores, and keeps the registries true."""
