"""The sink alone, by rows per bundle, threads and the time that BigQuery takes to answer."""
