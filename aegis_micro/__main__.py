"""The edge in memory, for tests: python -m aegis_micro --port 8080."""

import argparse
import signal
import threading

from aegis_micro.micro import Micro
from ingest_function.settings import ConfigurationError
from schemas import SchemaFileError, versions


def main() -> None:
    options = parse_options()
    versions()  # a version file at fault stops the start, not the first request
    micro = Micro(
        port=options.port, api_key=options.api_key, allowed_origins=options.allowed_origin
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with micro:
        print(f"aegis-micro takes events at {micro.endpoint()}", flush=True)
        print(f"and shows them at {micro.url}/micro/events and /micro/refused", flush=True)
        stop.wait()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m aegis_micro", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="0 takes any that is free")
    parser.add_argument("--api-key", default="", help="require this key, of 16 or more characters")
    parser.add_argument(
        "--allowed-origin",
        action="append",
        default=[],
        help="let this browser origin send; may be repeated",
    )
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except (ConfigurationError, SchemaFileError, OSError) as error:
        raise SystemExit(f"aegis-micro: {error}") from None
