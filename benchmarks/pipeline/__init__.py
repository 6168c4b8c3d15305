"""CPU per event of the pipeline, from message to appended row."""
