"""Changing the event schema: is the change compatible, what repeats it, how it is rolled out."""
