"""Send the samples: requests over HTTP, messages straight to the topic."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from local import samples
from local.names import TOPIC
from local.process import StackError
from local.stack import Stack


@dataclass(frozen=True)
class Exchange:
    """A sample request and its answer."""

    name: str
    status: int
    accepted: list[dict[str, Any]]
    rejected_codes: list[str]
    quarantined_codes: list[str]
    seconds: float


@dataclass(frozen=True)
class Sent:
    """All that entered the path, and so must be in BigQuery in the end."""

    exchanges: list[Exchange]
    messages: list[samples.SampleMessage]

    @property
    def message_ids(self) -> list[str]:
        """Pub/Sub's ids of the accepted events."""
        return [item["message_id"] for exchange in self.exchanges for item in exchange.accepted]

    @property
    def quarantined_codes(self) -> list[str]:
        """The first code of each event, or unreadable body, that the edge refused and kept."""
        return [code for exchange in self.exchanges for code in exchange.quarantined_codes]

    @property
    def event_ids(self) -> set[str]:
        return {item["event_id"] for exchange in self.exchanges for item in exchange.accepted}


def send_samples(stack: Stack) -> Sent:
    """Send everything in `samples/`.

    Raises:
        StackError: a request was not answered with the status that its sample expects.
    """
    headers = {"Authorization": f"Bearer {stack.api_key}", "Content-Type": "application/json"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=30) as client:
        exchanges = [_send(client, sample) for sample in samples.requests()]
    messages = samples.messages()
    for message in messages:
        body = {"data": message.data, "attributes": message.attributes}
        stack.publisher.publish(topic=TOPIC, messages=[body])
    return Sent(exchanges, messages)


def _send(client: httpx.Client, sample: samples.SampleRequest) -> Exchange:
    start = time.perf_counter()
    response = client.post("/v1/events", content=sample.body)
    seconds = time.perf_counter() - start
    if response.status_code != sample.status:
        message = f"{sample.name}: answered {response.status_code}, not {sample.status}"
        raise StackError(message, response.text)
    answer = response.json()
    rejected = answer.get("rejected", [])
    codes = [error["code"] for item in rejected for error in item["errors"]]
    return Exchange(
        sample.name,
        response.status_code,
        answer.get("accepted", []),
        codes or ([answer["code"]] if "code" in answer else []),
        _quarantined_codes(answer),
        seconds,
    )


def _quarantined_codes(answer: dict[str, Any]) -> list[str]:
    if answer.get("quarantined"):
        return [answer["code"]]
    return [item["errors"][0]["code"] for item in answer.get("rejected", []) if item["quarantined"]]
