"""An HTTP endpoint that the real `gcloud` and `bq` talk to instead of Google's.

Pub/Sub and BigQuery calls go on to their emulators, except for IAM, which neither has. The other
services are one store of JSON resources by path: 404 until created, then 200. Every call that
changes something is kept in `writes`.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from tests.rehearsal.cloud_run import ID_TOKEN, CloudRun
from tests.rehearsal.serving import serving

Answer = tuple[HTTPStatus, dict[str, Any]]
NO_NAME = r"[^\w.-]+"  # what a display name has and the name made of it has not
NAMED_BY = ("secretId", "repositoryId", "name", "displayName")
COLLECTIONS = {
    "alertPolicies": "alertPolicies",
    "dashboards": "dashboards",
    "notificationChannels": "notificationChannels",
    "secrets": "secrets",
    "serviceAccounts": "accounts",
    "services": "services",
    "versions": "versions",
}
EMPTY = ("o", "managedFolders", "storageLayout")  # what a bucket holds
ACCOUNT = "aegis-deployer@my-project.iam.gserviceaccount.com"
_ACCOUNTS = "/computeMetadata/v1/instance/service-accounts/"
_TOKEN = {"access_token": "rehearsal", "expires_in": 3600, "token_type": "Bearer"}
_DESCRIPTION = {
    "email": ACCOUNT,
    "aliases": ["default"],
    "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
}
# The metadata server that a build step's gcloud takes its credentials from.
METADATA: dict[str, Any] = {
    "/": "computeMetadata/",
    "/computeMetadata/v1/project/project-id": "my-project",
    "/computeMetadata/v1/project/numeric-project-id": "1234567890",
    "/computeMetadata/v1/universe/universe-domain": "googleapis.com",
    "/computeMetadata/v1/universe/universe_domain": "googleapis.com",
    "/computeMetadata/v1/instance/zone": "projects/1234567890/zones/us-central1-a",
    _ACCOUNTS: f"{ACCOUNT}/\ndefault/\n",
    **{
        f"{_ACCOUNTS}{name}/{part}": value
        for name in (ACCOUNT, "default")
        for part, value in {
            "": _DESCRIPTION,
            "email": ACCOUNT,
            "token": _TOKEN,
            "scopes": "https://www.googleapis.com/auth/cloud-platform",
        }.items()
    },
}
REFUSED = HTTPStatus.FORBIDDEN, {"error": {"code": 403, "message": "refused by the test"}}


class Cloud:
    """The store; writes to a path that contains `refused` answer 403, to stop a set-up half-way."""

    def __init__(self, project: str) -> None:
        self.root = f"/v1/projects/{project}"
        self.resources: dict[str, dict[str, Any]] = {
            self.root: {"projectId": project, "projectNumber": "1234567890"}
        }
        self.policies: dict[str, dict[str, Any]] = {}
        self.writes: list[str] = []
        self.refused = ""
        self.run: CloudRun | None = None

    def secret(self, name: str) -> str:
        """The latest version of a secret."""
        data = self.resources[f"{self.root}/secrets/{name}/versions/1"]["payload"]["data"]
        return base64.b64decode(data).decode()

    def alerts(self) -> list[str]:
        """Every alert policy, as text."""
        found = self.resources.items()
        return [json.dumps(policy) for path, policy in found if "/alertPolicies/" in path]

    def grants(self) -> dict[str, set[tuple[str, str]]]:
        """For each role, where it is granted and to whom: (last part of the path, account)."""
        found: dict[str, set[tuple[str, str]]] = {}
        for path, policy in self.policies.items():
            for binding in policy.get("bindings", []):
                found.setdefault(binding["role"], set()).update(
                    (path.rsplit("/", 1)[-1], member.removeprefix("serviceAccount:").split("@")[0])
                    for member in binding["members"]
                )
        return found

    def allows(self, method: str, path: str) -> bool:
        """Whether a call may go on; one that changes something is recorded."""
        if method == "GET" or path.endswith(":getIamPolicy"):
            return True
        # A view is renewed by a statement, whether or not it has changed.
        if path.startswith("/bigquery/") and path.endswith(("/jobs", "/queries")):
            return True
        self.writes.append(f"{method} {path}")
        return not self.refused or self.refused not in path

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        """Serve one call that no emulator serves."""
        if self.run and (answer := self.run.answer(method, path, body)):
            return answer
        path = path.replace("/v1/projects/-", self.root)
        resource, _, verb = path.partition(":")
        if path.endswith("/iam"):
            resource, verb = path.removesuffix("/iam"), f"{method.lower()}IamPolicy"
            body = {"policy": body}
        if verb == "access":
            name = resource.split("/")[5]
            return HTTPStatus.OK, {
                "payload": {
                    "data": self.resources[f"{self.root}/secrets/{name}/versions/1"]["payload"][
                        "data"
                    ]
                }
            }
        if verb in ("getIamPolicy", "generateServiceIdentity", "list"):
            return HTTPStatus.OK, self._unchanged(verb, resource)
        if method == "GET":
            return self._read(resource)
        if verb in ("setIamPolicy", "putIamPolicy"):
            self.policies[resource] = body["policy"]
            return HTTPStatus.OK, body["policy"]
        return self._write(method, resource, verb, query | body)

    def _unchanged(self, verb: str, resource: str) -> dict[str, Any]:
        """What a call answers that changes nothing here; `list` is of the log's entries."""
        if verb == "getIamPolicy":
            return self.policies.get(resource, {"etag": "ACAB"})
        return {} if verb == "list" else _finished_operation("")

    def _read(self, path: str) -> Answer:
        if path in self.resources:
            return HTTPStatus.OK, self.resources[path]
        collection = path.rsplit("/", 1)[-1]
        if collection in COLLECTIONS:
            found = [item for key, item in self.resources.items() if key.rpartition("/")[0] == path]
            return HTTPStatus.OK, {COLLECTIONS[collection]: found}
        if collection in EMPTY:
            return HTTPStatus.OK, {}
        if "/operations/" in path:
            return HTTPStatus.OK, _finished_operation(path)
        return HTTPStatus.NOT_FOUND, {"error": {"code": 404, "message": f"{path} was not found"}}

    def _write(self, method: str, path: str, verb: str, body: dict[str, Any]) -> Answer:
        if method == "DELETE":
            removed = self.resources.pop(path)
            for child in [key for key in self.resources if key.startswith(f"{path}/")]:
                del self.resources[child]
            if "/repositories/" in path:
                return HTTPStatus.OK, _finished_operation(path.rpartition("/")[0])
            return HTTPStatus.OK, removed
        if method == "PATCH":
            self.resources[path] |= body
            return HTTPStatus.OK, self.resources[path]
        if verb == "batchEnable":
            for name in body["serviceIds"]:
                self.resources[f"{path}/{name}"] = {"config": {"name": name}, "state": "ENABLED"}
            return HTTPStatus.OK, _finished_operation("")
        name = self._new_path(path, verb, body)
        resource_name = re.sub(r"^/v\d/", "", name).rsplit("/b/", 1)[-1]
        self.resources[name] = body | {"name": resource_name, "id": name.rpartition("/")[2]}
        if path.endswith("/serviceAccounts"):
            self.resources[name]["email"] = name.rpartition("/")[2]
        if "repositoryId" in body:
            return HTTPStatus.OK, _finished_operation(path)
        if verb == "addVersion":
            self.resources[name]["clientSpecifiedPayloadChecksum"] = True
        return HTTPStatus.OK, self.resources[name]

    @staticmethod
    def _new_path(path: str, verb: str, body: dict[str, Any]) -> str:
        if verb == "addVersion":
            return f"{path}/versions/1"
        if path.endswith("/serviceAccounts"):
            return f"{path}/{body['accountId']}@{path.split('/')[3]}.iam.gserviceaccount.com"
        name = next(body[key] for key in NAMED_BY if key in body)
        return f"{path}/{re.sub(NO_NAME, '-', name)}"


def _finished_operation(path: str) -> dict[str, Any]:
    name = f"{path.rpartition('/')[0]}/operations/done".lstrip("/").removeprefix("v1/")
    return {"name": name, "done": True, "response": {}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cloud: Cloud, pubsub: str, bigquery: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud, self.pubsub, self.bigquery = cloud, pubsub, bigquery
        self.client = httpx.Client(timeout=60)  # one of its own for each call would cost 30 ms

    def server_close(self) -> None:
        super().server_close()
        self.client.close()

    def emulator(self, path: str) -> str | None:
        """The base URL of the emulator that serves `path`, if one does."""
        if path.endswith("IamPolicy"):
            return None
        if path.startswith("/bigquery/"):
            return self.bigquery
        if "/topics/" in path or "/subscriptions/" in path:
            return self.pubsub
        return None


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        run = self.server.cloud.run
        if path in METADATA or path.endswith("/identity"):
            self._metadata(METADATA.get(path, ID_TOKEN))
        elif run and (visited := run.visit(self.command, path, dict(self.headers), body)):
            self._send(HTTPStatus(visited.status_code), "application/json", visited.content)
        elif not self.server.cloud.allows(self.command, path):
            self._reply(*REFUSED)
        elif base := self.server.emulator(path):
            self._forward(base, body)
        else:
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            self._reply(
                *self.server.cloud.answer(self.command, path, query, json.loads(body or b"{}"))
            )

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _forward(self, base: str, body: bytes) -> None:
        answer = self.server.client.request(
            self.command,
            base + self.path,
            content=body,
            headers={"Content-Type": "application/json"},
        )
        self._reply(HTTPStatus(answer.status_code), answer.json() if answer.content else {})

    def _metadata(self, value: Any) -> None:
        is_text = isinstance(value, str)
        kind = "text/plain" if is_text else "application/json"
        body = value if is_text else json.dumps(value)
        self._send(HTTPStatus.OK, kind, body.encode())

    def _reply(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document).encode())

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Keep pytest's output readable; `writes` says what was called."""


@contextmanager
def serve(cloud: Cloud, *, pubsub: str, bigquery: str) -> Iterator[str]:
    """The endpoint's URL, until the block ends; `pubsub` and `bigquery` are the emulators' URLs."""
    with serving(_Server(cloud, pubsub, bigquery)) as url:
        yield url
