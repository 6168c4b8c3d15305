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
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from werkzeug import Request, Response

from tests.http_server import serve
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

    def __init__(self, storage: str, python: Path) -> None:
        self.storage = storage
        self.python = python
        self.url = ""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.job_objects: dict[str, dict[str, Any]] = {}
        self.jobs_fail = False  # after their launch, as one whose workers cannot start
        self.jobs_store = True  # whether the workers of a new job store what they read
        self.idle: set[str] = set()  # the jobs whose workers do not

    def launch(self, project: str, region: str, body: dict[str, Any]) -> dict[str, Any]:
        """`projects.locations.flexTemplates.launch`.

        Raises:
            RefusedError: the parameters, the job's name or the program itself stand against it.
        """
        request = self._checked(project, region, body["launchParameter"])
        replaced = self._replaced(request)
        try:
            job_object = launch(request, self.python, self.storage, self.url)
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
        if not self.jobs_store:
            self.idle.add(job["id"])
        self.job_objects[job["id"]] = job_object
        return job

    def answer(self, request: Request) -> Response:
        """The REST API's answer, or the metadata server's."""
        try:
            return _response(HTTPStatus.OK, self._document(request))
        except RefusedError as refused:
            return _response(refused.code, {"error": refused.body})

    def _document(self, request: Request) -> Any:
        match request.method:
            case "GET" if request.path in _METADATA:
                return _METADATA[request.path]
            case "GET" if _JOBS.fullmatch(request.path):
                return {"jobs": self.list(active_only=request.args.get("filter") == "ACTIVE")}
            case "GET" if (match := _JOB.fullmatch(request.path)) and match[3] in self.jobs:
                return self.jobs[match[3]]
            case "PUT" if match := _JOB.fullmatch(request.path):
                return self.change(match[3], request.get_json())
            case "POST" if match := _LAUNCH.fullmatch(request.path):
                return self.launch(match[1], match[2], request.get_json())
        raise RefusedError(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"no method at {request.path}")


def _response(status: HTTPStatus, body: Any) -> Response:
    is_text = isinstance(body, str)
    content_type = "text/plain" if is_text else "application/json"
    headers = {"Metadata-Flavor": "Google", "Content-Type": content_type}
    return Response(body if is_text else json.dumps(body), status, headers)


@contextmanager
def dataflow_service(storage: str, python: Path) -> Iterator[Dataflow]:
    """Serve until the block ends; `storage` is the emulator's address, `python` the launcher's."""
    service = Dataflow(storage, python)
    with serve(service.answer) as service.url:
        yield service
