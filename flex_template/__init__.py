"""The Beam pipeline from Pub/Sub to BigQuery, its replay and its erasure."""
