"""One writer per process and table: the rows of all open bundles share append requests."""
