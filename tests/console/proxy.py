"""Identity-Aware Proxy, as the console sees it: a signed header, and the keys to check it."""

import time
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.auth import jwt
from google.auth.crypt.es import EsSigner
from pytest_httpserver import HTTPServer

AUDIENCE = "/projects/1/global/backendServices/2"
OPERATOR, VIEWER, STRANGER = "operator@example.com", "viewer@example.com", "other@example.com"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def assertion(email: str, key: ec.EllipticCurvePrivateKey = KEY, **claims: Any) -> dict[str, str]:
    now = int(time.time())
    claims = {
        "iss": "https://cloud.google.com/iap",
        "aud": AUDIENCE,
        "email": email,
        "sub": "accounts.google.com:1",
        "iat": now - 10,
        "exp": now + 300,
    } | claims
    signer = EsSigner.from_string(pem(key), key_id="key-1")
    return {"X-Goog-IAP-JWT-Assertion": jwt.encode(signer, claims).decode()}


def settings_behind(httpserver: HTTPServer) -> dict[str, str]:
    """The console's settings behind the proxy, whose keys `httpserver` publishes."""
    httpserver.expect_request("/keys").respond_with_json({"key-1": public_pem(KEY)})
    return {
        "CONSOLE_ACCESS": "iap",
        "CONSOLE_IAP_AUDIENCE": AUDIENCE,
        "CONSOLE_IAP_CERTS_URL": httpserver.url_for("/keys"),
        "CONSOLE_OPERATORS": OPERATOR,
        "CONSOLE_VIEWERS": VIEWER,
        "CONSOLE_SECRET_KEY": "a secret of sixteen or more",
    }
