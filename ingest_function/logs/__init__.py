"""Log lines: one JSON object each, and a writer that never waits and never fails."""
