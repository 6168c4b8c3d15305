"""One user's rows, counted and deleted."""
