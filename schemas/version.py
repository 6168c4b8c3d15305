"""The release: stamped on every dead letter and answered by the edge's health check."""

__version__ = "1.0.0"
