"""HTTP over ASGI: requests, bodies, cross-origin rules and problems."""
