"""The Dataflow service as gcloud sees it, on a free loopback port.

A launch is checked against the template's spec as the service checks it; then the launcher's
command line runs for real. Jobs are listed as running from then on, or as failed where a test wants
a failure. The address also answers as the metadata server from which a launcher VM takes its
credentials.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError

from tests.rehearsal.launcher import Launch, LaunchError, launch, read_object
from tests.rehearsal.parameters import violations

_LAUNCH = re.compile(r"/v1b3/projects/([^/]+)/locations/([^/]+)/flexTemplates:launch")
_JOBS = re.compile(r"/v1b3/projects/([^/]+)/locations/([^/]+)/jobs")
_JOB = re.compile(_JOBS.pattern + r"/([^/]+)")
_RUNNING = "JOB_STATE_RUNNING"
_METADATA = {
    "/": "computeMetadata/",
    "/computeMetadata/v1/project/project-id": "my-project",
    "/computeMetadata/v1/universe/universe-domain": "googleapis.com",
    "/computeMetadata/v1/instance/service-accounts/default/": {
        "email": "aegis-pipeline@my-project.iam.gserviceaccount.com",
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
    },
    "/computeMetadata/v1/instance/service-accounts/default/token": {
        "access_token": "rehearsal",
        "expires_in": 3600,
        "token_type": "Bearer",
    },
}


class RefusedError(Exception):
    """An answer in the form of `google.rpc.Status`."""

    def __init__(self, code: HTTPStatus, status: str, message: str, *details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"code": code, "status": status, "message": message, "details": details}


class Dataflow:
    """The service's state: the jobs by id, with the object that each was launched from."""

    def __init__(self, storage: str) -> None:
        self.storage = storage
        self.url = ""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.job_objects: dict[str, dict[str, Any]] = {}
        self.jobs_fail = False  # after their launch, as one whose workers cannot start

    def launch(self, project: str, region: str, body: dict[str, Any]) -> dict[str, Any]:
        """`projects.locations.flexTemplates.launch`.

        Raises:
            RefusedError: the parameters, the job's name or the program itself stand against it.
        """
        request = self._checked(project, region, body["launchParameter"])
        replaced = self._replaced(request)
        try:
            job_object = launch(request, self.storage, self.url)
        except LaunchError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "FAILED_PRECONDITION", str(error)) from error
        if replaced and not self.jobs_fail:
            self.jobs[replaced]["currentState"] = "JOB_STATE_UPDATED"
        return {"job": self._add(request, job_object)}

    def running(self) -> list[dict[str, Any]]:
        return [job for job in self.jobs.values() if job["currentState"] == _RUNNING]

    def list(self, *, active_only: bool) -> list[dict[str, Any]]:
        """`projects.locations.jobs.list`: what runs comes first, then the newest."""
        newest_first = reversed(self.jobs.values())
        listed = sorted(newest_first, key=lambda job: job["currentState"] != _RUNNING)
        return [job for job in listed if not active_only or job["currentState"] == _RUNNING]

    def change(self, job_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """`projects.locations.jobs.update`, which cancels and drains."""
        self.jobs[job_id]["currentState"] = body["requestedState"]
        return self.jobs[job_id]

    def _checked(self, project: str, region: str, wanted: dict[str, Any]) -> Launch:
        spec = self._spec(wanted["containerSpecGcsPath"])
        parameters = wanted.get("parameters", {})
        if found := list(violations(spec["metadata"], parameters)):
            lines = "\n".join(f"{one['parameter']}: {one['description']}" for one in found)
            details = {
                "@type": "type.googleapis.com/google.dataflow.v1beta3.InvalidTemplateParameters",
                "parameterViolations": found,
            }
            message = f"The template parameters are invalid. Details: \n{lines}"
            raise RefusedError(HTTPStatus.BAD_REQUEST, "INVALID_ARGUMENT", message, details)
        environment = spec["defaultEnvironment"] | wanted["environment"]
        update = wanted.get("update", False)
        return Launch(project, region, wanted["jobName"], environment, parameters, update)

    def _spec(self, url: str) -> dict[str, Any]:
        try:
            return dict(json.loads(read_object(self.storage, url)))
        except HTTPError as error:
            message = f"Unable to open template file: {url}"
            raise RefusedError(HTTPStatus.NOT_FOUND, "NOT_FOUND", message) from error

    def _replaced(self, request: Launch) -> str | None:
        active = [
            job["id"]
            for job in self.jobs.values()
            if job["name"] == request.job_name and job["currentState"] == _RUNNING
        ]
        if active and not request.update:
            message = f"There is already an active job named {request.job_name}"
            raise RefusedError(HTTPStatus.CONFLICT, "ALREADY_EXISTS", message)
        if request.update and not active:
            message = f"No active job named {request.job_name} to update"
            raise RefusedError(HTTPStatus.NOT_FOUND, "NOT_FOUND", message)
        return active[0] if active else None

    def _add(self, request: Launch, job_object: dict[str, Any]) -> dict[str, Any]:
        created = datetime.now(UTC).isoformat()
        job = {
            "id": f"job-{len(self.jobs)}",
            "projectId": request.project,
            "location": request.region,
            "name": request.job_name,
            "type": job_object["type"],
            "currentState": "JOB_STATE_FAILED" if self.jobs_fail else _RUNNING,
            "labels": request.environment.get("additionalUserLabels", {}),
            "currentStateTime": created,
            "createTime": created,
        }
        self.jobs[job["id"]] = job
        self.job_objects[job["id"]] = job_object
        return job


class _Handler(BaseHTTPRequestHandler):
    dataflow: Dataflow

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path in _METADATA:
            self._send(HTTPStatus.OK, _METADATA[path])
        elif _JOBS.fullmatch(path):
            jobs = self.dataflow.list(active_only="filter=ACTIVE" in query)
            self._send(HTTPStatus.OK, {"jobs": jobs})
        elif (match := _JOB.fullmatch(path)) and match[3] in self.dataflow.jobs:
            self._send(HTTPStatus.OK, self.dataflow.jobs[match[3]])
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if match := _JOB.fullmatch(self.path.partition("?")[0]):
            self._send(HTTPStatus.OK, self.dataflow.change(match[3], body))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not (match := _LAUNCH.fullmatch(self.path.partition("?")[0])):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            self._send(HTTPStatus.OK, self.dataflow.launch(match[1], match[2], body))
        except RefusedError as refused:
            self._send(refused.code, {"error": refused.body})

    def _send(self, code: HTTPStatus, body: Any) -> None:
        is_text = isinstance(body, str)
        content = (body if is_text else json.dumps(body)).encode()
        self.send_response(code)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "text/plain" if is_text else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests look at the answers."""


@contextmanager
def dataflow_service(storage: str) -> Iterator[Dataflow]:
    """Serve until the block ends; `storage` is the storage emulator's address."""
    service = Dataflow(storage)
    handler = type("Handler", (_Handler,), {"dataflow": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
