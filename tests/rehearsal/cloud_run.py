"""Cloud Run as gcloud and a browser see it: services, revisions, traffic, tags, and a front door.

A revision is the staged function as a real process, started by the command of its Dockerfile with
the variables and secrets that gcloud sent. The front door asks for an ID token, as Cloud Run does
of a service that nobody opened: https://cloud.google.com/run/docs/authenticating/overview
"""

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from local.process import Process, accepts, free_port

Answer = tuple[HTTPStatus, dict[str, Any]]
ID_TOKEN = "header.payload.signature"  # what the metadata server of the rehearsal hands out
_RESOURCE = re.compile(
    r"/apis/serving\.knative\.dev/v1/namespaces/([^/]+)/(services|revisions)(?:/([^/]+))?"
)
_FRONT_DOOR = re.compile(r"/run/([^/]+)(/.*)")
# Of a new project, for all instances that a service may have:
# https://cloud.google.com/run/quotas
QUOTA_CPUS = 20
NOT_FOUND: Answer = (HTTPStatus.NOT_FOUND, {"error": {"code": 404, "message": "not found"}})


@dataclass
class CloudRun:
    """`secret` reads a secret's latest version; `environment` is what the platform adds."""

    url: str
    source: Path
    secret: Callable[[str], str]
    environment: Mapping[str, str]
    folder: Path
    starts: bool = True  # whether a new revision's container listens on its port
    reaches_pubsub: bool = True
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    revisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    deleted: dict[str, dict[str, Any]] = field(default_factory=dict)

    def stop(self) -> None:
        """End all revisions at once: each serves on for a second after its SIGTERM."""
        with ThreadPoolExecutor(1 + len(self.processes)) as pool:
            list(pool.map(Process.stop, self.processes))

    def serving(self, service: str) -> str:
        """The revision that has all of the traffic, or nothing."""
        traffic = self.services.get(service, {}).get("status", {}).get("traffic", [])
        return next((one["revisionName"] for one in traffic if one.get("percent") == 100), "")

    def tags(self, service: str) -> list[str]:
        """The tags that keep a revision reachable, and its least number of instances running."""
        return [one["tag"] for one in self.services[service]["status"]["traffic"] if "tag" in one]

    def is_open(self) -> bool:
        """Whether anybody may call, by the annotation that `--no-invoker-iam-check` sets."""
        annotations = [one["metadata"].get("annotations", {}) for one in self.services.values()]
        values = [one.get("run.googleapis.com/invoker-iam-disabled", "") for one in annotations]
        return any(value.lower() == "true" for value in values)  # gcloud writes True

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer | None:
        """Serve a call of the Admin API, or None if it is another's."""
        if not (match := _RESOURCE.fullmatch(path)):
            return None
        collection = self.services if match[2] == "services" else self.revisions
        if method in ("POST", "PUT"):
            return _beyond_quota(body) or (HTTPStatus.OK, self._deploy(body))
        if method == "DELETE":
            self.deleted[match[3]] = collection.pop(match[3])
            return HTTPStatus.OK, {"status": "Success"}
        if match[3] is None:
            return HTTPStatus.OK, {"items": list(collection.values()), "metadata": {}}
        return (HTTPStatus.OK, collection[match[3]]) if match[3] in collection else NOT_FOUND

    def visit(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response | None:
        """Pass a request on to the revision behind an address, or None if it is another's."""
        if not (match := _FRONT_DOOR.fullmatch(path)):
            return None
        if not self.is_open() and headers.get("X-Serverless-Authorization") != f"Bearer {ID_TOKEN}":
            return httpx.Response(HTTPStatus.FORBIDDEN, text="Your client does not have permission")
        port = self.ports.get(self._behind(match[1]), 0)
        if not port:
            return httpx.Response(HTTPStatus.SERVICE_UNAVAILABLE, text="no revision")
        kept = {
            name: headers[name] for name in ("Authorization", "Content-Type") if name in headers
        }
        return httpx.request(
            method, f"http://127.0.0.1:{port}{match[2]}", headers=kept, content=body, timeout=60
        )

    def _behind(self, name: str) -> str:
        for service in self.services.values():
            for target in service["status"]["traffic"]:
                if target.get("tag") == name:
                    return str(target["revisionName"])
        return self.serving(name)

    def _deploy(self, service: dict[str, Any]) -> dict[str, Any]:
        name = service["metadata"]["name"]
        before = self.services.get(name)
        generation = before["metadata"]["generation"] + 1 if before else 1
        created = before["status"].get("latestCreatedRevisionName") if before else None
        ready = before["status"].get("latestReadyRevisionName") if before else None
        is_ready = True
        if not before or before["spec"]["template"] != service["spec"]["template"]:
            created = service["spec"]["template"]["metadata"].get("name") or (
                f"{name}-{generation:05d}-abc"
            )
            is_ready = self._start(created, service["spec"]["template"])
            ready = created if is_ready else ready
        now = datetime.now(UTC).isoformat()
        service["metadata"] |= {
            "generation": generation,
            "resourceVersion": str(generation),
            "uid": name,
            "creationTimestamp": now,
        }
        service["status"] = {
            "observedGeneration": generation,
            "conditions": _conditions(is_ready=is_ready),
            "latestCreatedRevisionName": created,
            "latestReadyRevisionName": ready,
            "url": f"{self.url}/run/{name}",
            "address": {"url": f"{self.url}/run/{name}"},
            "traffic": self._traffic(service, ready) if is_ready else _traffic_of(before),
        }
        self.services[name] = service
        return service

    def _traffic(self, service: dict[str, Any], ready: str | None) -> list[dict[str, Any]]:
        wanted = service["spec"].get("traffic") or [{"latestRevision": True, "percent": 100}]
        return [
            target
            | ({"revisionName": ready} if target.get("latestRevision") else {})
            | ({"url": f"{self.url}/run/{target['tag']}"} if "tag" in target else {})
            for target in wanted
        ]

    def _start(self, name: str, template: dict[str, Any]) -> bool:
        container = template["spec"]["containers"][0]
        self.revisions[name] = {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Revision",
            "metadata": template["metadata"] | {"name": name, "namespace": "p"},
            "spec": template["spec"],
            "status": {"conditions": _conditions(is_ready=self.starts)},
        }
        if not self.starts:
            return False
        if "CONSOLE_ACCESS" in {one["name"] for one in container["env"]}:
            return True  # tests/console/test_image.py starts it
        port = free_port()
        variables = {one["name"]: self._value(one) for one in container["env"]}
        variables |= {**self.environment, "PORT": str(port), "HOST": "127.0.0.1"}
        if not self.reaches_pubsub:
            variables |= {"PUBSUB_EMULATOR_HOST": "127.0.0.1:1", "PUBLISH_TIMEOUT_SECONDS": "1"}
        command = _image_command(self.source)
        inside = ["sh", "-c", 'cd "$0" && exec "$@"', str(self.source), *command]
        process = Process(name, inside, variables, self.folder)
        self.processes.append(process)
        process.wait_until(lambda: accepts(port), 120)
        self.ports[name] = port
        return True

    def _value(self, variable: dict[str, Any]) -> str:
        if "value" in variable or "valueFrom" not in variable:
            return str(variable.get("value", ""))
        return self.secret(variable["valueFrom"]["secretKeyRef"]["name"])


def _beyond_quota(service: dict[str, Any]) -> Answer | None:
    template = service["spec"]["template"]
    most = int(template["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"])
    [container] = template["spec"]["containers"]
    cpus = most * int(container.get("resources", {}).get("limits", {}).get("cpu", 1))
    if cpus <= QUOTA_CPUS:
        return None
    message = (
        f"Max instances must be set to {QUOTA_CPUS} or fewer to set the requested total CPU.\n"
        f"Quota violated: CpuAllocPerProjectRegion requested: {cpus}000 allowed: {QUOTA_CPUS}000"
    )
    return HTTPStatus.BAD_REQUEST, {"error": {"code": 400, "message": message}}


def _image_command(source: Path) -> list[str]:
    found = re.search(
        r"^CMD (.*)$", (source.parents[1] / "ingest_function/Dockerfile").read_text(), re.MULTILINE
    )
    assert found is not None
    command: list[str] = json.loads(found[1])
    return command


def _traffic_of(service: dict[str, Any] | None) -> list[dict[str, Any]]:
    return list(service["status"]["traffic"]) if service else []


def _conditions(*, is_ready: bool) -> list[dict[str, str]]:
    message = (
        {} if is_ready else {"message": "The container failed to start and listen on the port"}
    )
    status = "True" if is_ready else "False"
    return [
        {"type": kind, "status": status, **message}
        for kind in ("Ready", "ConfigurationsReady", "RoutesReady")
    ]
