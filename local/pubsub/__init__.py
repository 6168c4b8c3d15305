"""Pub/Sub on this machine: Google's emulator, or our own server with the same gRPC API."""
