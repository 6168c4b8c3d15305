"""HTTP over RSGI and ASGI: requests, bodies, cross-origin rules and problems."""
