"""One event's story, from its request to its row."""
