"""A BigQuery that answers `tabledata.insertAll` and counts its rows.

`python -m benchmarks.pipeline.insert_all_server` prints its address, and on SIGUSR1 and SIGTERM
how many rows, requests and connections came.
"""

import argparse
import gzip
import signal
import threading
import time
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson

ANSWER = b'{"kind": "bigquery#tableDataInsertAllResponse"}'


class InsertAllHandler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "InsertAllServer"

    def setup(self) -> None:
        super().setup()
        self.server.add(connections=1)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        time.sleep(self.server.latency)
        self.server.add(rows=len(orjson.loads(body)["rows"]), requests=1)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Requests are counted, not logged."""


class InsertAllServer(ThreadingHTTPServer):
    """Counts the rows of all connections, and answers each request after `latency` seconds."""

    daemon_threads = True

    def __init__(self, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), InsertAllHandler)
        self.latency = latency
        self.counts: Counter[str] = Counter(rows=0, requests=0, connections=0)
        self._lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """A client that is gone is nothing to tell."""

    def add(self, **counts: int) -> None:
        with self._lock:
            self.counts.update(counts)


def main() -> None:
    """Serve until SIGTERM."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.pipeline.insert_all_server")
    command.add_argument("--latency", type=float, default=0.0, help="seconds until each answer")
    latency = command.parse_args().latency
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with InsertAllServer(latency) as server:
        threading.Thread(target=server.serve_forever).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        asked = True
        while asked:
            asked = signal.sigwait(signals) == signal.SIGUSR1
            print(*server.counts.values(), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main()
