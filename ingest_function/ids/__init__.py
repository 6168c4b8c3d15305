"""Ids that are unique without asking anyone."""
