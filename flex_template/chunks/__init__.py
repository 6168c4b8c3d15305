"""Hundreds of messages as one element, and the fast way for the events among them."""
