"""How much one client may send."""
