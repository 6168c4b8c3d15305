"""The edge: takes events over HTTP, and answers once Pub/Sub holds them."""
