"""What httpx needs for an address that speaks plain HTTP."""

import ssl

# Without it, httpx reads all certificates of certifi for each client: 20 ms.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
