"""Tables in BigQuery: rows appended through the Storage Write API, and the client for the rest."""
