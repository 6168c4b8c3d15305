"""HTTP on a connection and over ASGI: requests, bodies, cross-origin rules and problems."""
