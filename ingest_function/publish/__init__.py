"""Messages made of events, and published in groups."""
