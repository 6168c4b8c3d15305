"""The edge's other end: memory in place of Pub/Sub."""

from collections.abc import Sequence
from itertools import count as counter

import orjson

from aegis_micro.faults import Faults, delay, problem
from aegis_micro.messages import Message, decode_messages
from aegis_micro.received import Entry, Received
from schemas.quarantine import is_quarantined


class MemoryPublisher:
    """An `EventPublisher`; `test_ids` says under which id each request was sent."""

    def __init__(self, received: Received, faults: Faults, test_ids: dict[str, str]) -> None:
        self._received = received
        self._faults = faults
        self._test_ids = test_ids
        self._numbers = counter(1)

    async def publish(self, encoded: bytes, count: int, owner: str) -> Sequence[str]:  # noqa: ARG002
        """Keep the messages under new ids.

        Raises:
            Problem: the fault that was ordered.
        """
        messages = decode_messages(encoded)
        test_id = self._test_ids.get(messages[0].attributes.get("request_id", ""), "")
        fault = self._faults.take(test_id)
        await delay(fault)
        refusal = problem(fault) if fault else None
        message_ids = [str(next(self._numbers)) for _ in range(count)]
        if refusal is None or (fault and fault.stored):
            await self._keep(test_id, messages, message_ids)
        if refusal is not None:
            raise refusal
        return message_ids

    async def _keep(
        self, test_id: str, messages: Sequence[Message], message_ids: Sequence[str]
    ) -> None:
        # What the edge refused is told by its answer, with or without a quarantine.
        kept = [
            Entry(test_id, _shown(message, message_id))
            for message, message_id in zip(messages, message_ids, strict=True)
            if not is_quarantined(message.attributes)
        ]
        await self._received.add("events", kept)

    async def close(self) -> None:
        """Nothing is on its way."""


def _shown(message: Message, message_id: str) -> dict[str, object]:
    return {
        "event": orjson.loads(message.data),
        "attributes": message.attributes,
        "message_id": message_id,
    }
