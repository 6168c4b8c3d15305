"""Keys and ID tokens like Google's, and a server for their certificates."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from google.auth.crypt import RSASigner

AUDIENCE = "https://edge.example"


class SigningKey:
    """An RSA key with a certificate of its own, named `key_id`."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._signer = RSASigner.from_string(pem.decode(), key_id)
        self.certificate = _self_signed(key)

    def token(self, **claims: Any) -> str:
        """An ID token that is good unless `claims` spoil it."""
        now = int(time.time())
        good = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "sub": "user-1",
            "iat": now - 60,
            "exp": now + 3600,
        }
        token: bytes = jwt.encode(self._signer, {**good, **claims})
        return token.decode()


def _self_signed(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class CertificateServer:
    """What `serve_certificates` answers with, and how often it was asked."""

    url: str = ""
    keys: list[SigningKey] = field(default_factory=list)
    status: int = 200
    delay: float = 0
    body: bytes = b""  # instead of certificates
    pause_between_bytes: float = 0
    requests: int = 0


@contextmanager
def serve_certificates(*keys: SigningKey) -> Iterator[CertificateServer]:
    state = CertificateServer(keys=list(keys))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests += 1
            time.sleep(state.delay)
            self.send_response(state.status)
            self.send_header("Cache-Control", "public, max-age=20000, must-revalidate")
            self.end_headers()
            certificates = {key.key_id: key.certificate for key in state.keys}
            body = state.body or json.dumps(certificates).encode()
            if not state.pause_between_bytes:
                self.wfile.write(body)
                return
            with suppress(BrokenPipeError, ConnectionResetError):
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(state.pause_between_bytes)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/certs"
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
