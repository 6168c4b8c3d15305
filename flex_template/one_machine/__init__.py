"""The pipeline as a service on one machine: at least once, without Dataflow."""
