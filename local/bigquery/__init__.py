"""BigQuery on this machine: an emulator, and a write server that fails as ordered."""
