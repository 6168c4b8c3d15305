"""Who may send: API keys or Google ID tokens."""
