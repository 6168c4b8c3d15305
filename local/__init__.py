"""The whole path on one machine: emulators, function and pipeline, started and stopped together."""
