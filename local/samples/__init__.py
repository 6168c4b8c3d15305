"""The sample requests and messages in this folder, dated now."""

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from string import Template
from typing import Any


@dataclass(frozen=True)
class SampleRequest:
    """A body for `POST /v1/events`, and the status that it must be answered with."""

    name: str
    body: bytes
    status: int


@dataclass(frozen=True)
class SampleMessage:
    """What goes straight to the topic, and the code of the dead letter that it must become."""

    name: str
    data: bytes
    attributes: dict[str, str]
    code: str


def requests() -> list[SampleRequest]:
    return [
        SampleRequest(item["name"], _body(item), item["status"]) for item in _load("requests.json")
    ]


def messages() -> list[SampleMessage]:
    return [
        SampleMessage(item["name"], _data(item), item["attributes"], item["code"])
        for item in _load("messages.json")
    ]


def _load(name: str) -> list[dict[str, Any]]:
    text = files("local.samples").joinpath(name).read_text()
    values = {"now": datetime.now(UTC).isoformat(), "retried_event_id": str(uuid.uuid4())}
    return json.loads(Template(text).substitute(values))  # type: ignore[no-any-return]


def _body(item: dict[str, Any]) -> bytes:
    text = item["text"] if "text" in item else json.dumps(item["body"])
    return bytes(text, "utf-8")


def _data(item: dict[str, Any]) -> bytes:
    return base64.b64decode(item["base64"]) if "base64" in item else item["text"].encode()
