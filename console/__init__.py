"""A browser's view of the pipeline: what arrives, what was refused and why, and what to do."""
