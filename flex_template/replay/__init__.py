"""Dead letters published again, once each."""
