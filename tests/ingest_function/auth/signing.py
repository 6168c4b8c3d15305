"""Keys and ID tokens like Google's, and a server for their certificates."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from google.auth.crypt import RSASigner
from werkzeug import Request, Response

from tests.http_server import serve

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

    def answer(_: Request) -> Response:
        state.requests += 1
        time.sleep(state.delay)
        certificates = {key.key_id: key.certificate for key in state.keys}
        body = state.body or json.dumps(certificates).encode()
        lifetime = {"Cache-Control": "public, max-age=20000, must-revalidate"}
        content = _trickled(body, state.pause_between_bytes) if state.pause_between_bytes else body
        return Response(content, state.status, lifetime)

    with serve(answer) as address:
        state.url = f"{address}/certs"
        yield state


def _trickled(body: bytes, pause: float) -> Iterator[bytes]:
    for byte in body:
        yield bytes([byte])
        time.sleep(pause)
