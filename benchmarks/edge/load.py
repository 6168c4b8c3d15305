"""Closed-loop HTTP load: each connection sends its next request when the last is answered.

    python -m benchmarks.edge.load --url http://127.0.0.1:8080/v1/events --connections 64

Prints one JSON object. Raw sockets under uvloop: about 25 µs of CPU per request, measured apart
from the server's.
"""

import argparse
import asyncio
import json
import re
import time
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

import uvloop

WARM_UP_SECONDS = 0.5
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


def request_bytes(events: int, path: str = "/v1/events") -> bytes:
    """One POST of `events` events of 390 bytes or so."""
    event = {
        "user_id": "f3b1c2a4d5e6",
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "page_view",
        "source_platform": "chrome_extension",
        "flag_type": "doom_scrolling",
        "confidence": 0.87,
        "topic_category": "news",
        "event_details": {
            "url": "https://news.example.org/politics/2026/11/23/an-article-with-a-long-slug",
            "dwell_ms": 5120,
            "scroll_depth": 0.75,
            "referrer": "https://search.example.org/",
            "labels": ["sensational", "clickbait"],
        },
    }
    body = json.dumps(event if events == 1 else [event] * events).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Counts answers and their times in seconds; anything but a 202 ends the run."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.latencies: list[float] = []
        self.stopped = False
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = _LENGTH.search(head + b"\r\n")
        if not head.startswith(b"HTTP/1.1 202 ") or length is None:
            raise SystemExit(f"unexpected answer: {self._received[:300]!r}")
        if len(body) >= int(length.group(1)):
            self._received = b""
            self.latencies.append(time.perf_counter() - self._sent_at)
            if not self.stopped:
                self._send()


async def run(url: str, connections: int, events: int, seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    target = urlsplit(url)
    assert target.hostname
    assert target.port
    request = request_bytes(events, target.path)
    opened = [
        (await loop.create_connection(lambda: Connection(request), target.hostname, target.port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(WARM_UP_SECONDS)
    print("measuring", flush=True)
    for connection in opened:
        connection.latencies = []
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    latencies = sorted(latency for connection in opened for latency in connection.latencies)
    print("measured", flush=True)
    for connection in opened:
        connection.stopped = True
    return {
        "requests": len(latencies),
        "seconds": elapsed,
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[len(latencies) * 99 // 100],
        "load_cpu_seconds": time.process_time(),
    }


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--url", required=True)
    command.add_argument("--connections", type=int, default=64)
    command.add_argument("--events", type=int, default=1)
    command.add_argument("--seconds", type=float, default=5)
    options = vars(command.parse_args())
    print(json.dumps(uvloop.run(run(**options))))


if __name__ == "__main__":
    main()
