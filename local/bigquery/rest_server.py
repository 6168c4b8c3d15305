"""BigQuery's REST API as far as the pipeline uses it: look at a table, insert rows.

It also issues access tokens, since Beam's client insists on credentials.
"""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from schemas import table_schema

_TABLE = re.compile(r"/bigquery/v2/projects/[^/]+/datasets/[^/]+/tables/(\w+)(/insertAll)?")

Row = dict[str, Any]
Answer = tuple[HTTPStatus, Row]


class BigQueryRestServer(AbstractContextManager["BigQueryRestServer"]):
    """Tables by name in `columns`; inserted rows in `rows`.

    `refused` gives a reason for each row that is not stored; a row of `broken` statuses is used up
    one per insert, which then fails as a whole.
    """

    def __init__(self) -> None:
        self.columns = {name: table_schema(name) for name in ("events", "dead_letters")}
        self.rows: list[Row] = []
        self.refused: Callable[[Row], str | None] = lambda _: None
        self.broken: list[HTTPStatus] = []
        handler = type("Handler", (_Handler,), {"bigquery": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def credentials(self, file: Path) -> Path:
        """Write a service account's key file whose tokens this server issues."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        account = {
            "type": "service_account",
            "project_id": "aegis-test",
            "client_email": "pipeline@aegis-test.iam.gserviceaccount.com",
            "private_key": key.decode(),
            "token_uri": f"{self.url}/token",
        }
        file.write_text(json.dumps(account))
        return file

    def table(self, name: str) -> Answer:
        if name not in self.columns:
            return _error(HTTPStatus.NOT_FOUND, f"Not found: Table {name}")
        reference = {"projectId": "aegis-test", "datasetId": "aegis", "tableId": name}
        fields = {"fields": self.columns[name]}
        return HTTPStatus.OK, {"tableReference": reference, "schema": fields}

    def insert(self, request: Row) -> Answer:
        if self.broken:
            return _error(self.broken.pop(0), "the request as a whole")
        errors = []
        for index, row in enumerate(each["json"] for each in request["rows"]):
            if reason := self.refused(row):
                detail = {"reason": "invalid", "location": "", "message": reason}
                errors.append({"index": index, "errors": [detail]})
            else:
                names = {field["name"] for field in self.columns["events"]}
                self.rows.append({name: value for name, value in row.items() if name in names})
        assert request["skipInvalidRows"]
        assert request["ignoreUnknownValues"]
        return HTTPStatus.OK, {"insertErrors": errors} if errors else {}


def _error(status: HTTPStatus, message: str) -> Answer:
    return status, {"error": {"code": status, "message": message, "errors": []}}


class _Handler(BaseHTTPRequestHandler):
    bigquery: BigQueryRestServer

    def do_GET(self) -> None:
        match = _TABLE.match(self.path)
        assert match
        self._answer(*self.bigquery.table(match[1]))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            token = {"access_token": "token", "token_type": "Bearer", "expires_in": 3600}
            return self._answer(HTTPStatus.OK, token)
        return self._answer(*self.bigquery.insert(json.loads(body)))

    def _answer(self, status: HTTPStatus, body: Row) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
