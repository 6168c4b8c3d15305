"""Kill the service again and again under load; every message must be stored all the same.

    python -m benchmarks.one_machine.kills --pubsub=ours --signal=SIGKILL --times=20 --keep

Takes about five seconds a kill, and up to a minute at the end for leases to run out. With `--keep`
the outcome goes into the file of results and into docs/one-machine.md.
"""

import argparse
import random
import signal
import sys
import threading
import time
from typing import NamedTuple

from benchmarks.one_machine.pages import write_pages
from benchmarks.one_machine.results import load, merged, save
from benchmarks.one_machine.setting import START_SECONDS, Running, Setting, setting
from benchmarks.pipeline.messages import DISTINCT, payload
from local.names import TOPIC

BAD_PERCENT = 10
BATCH = 200
SETTLE_SECONDS = 240
DRAIN_SECONDS = 10


class Outcome(NamedTuple):
    """What a run of kills came to; `lost` and `repeated` count messages."""

    published: int
    rows: int
    dead_letters: int
    lost: int
    repeated: int
    slowest_drain: float


class Load:
    """Publishes without a pause, with bad messages among the good, until it is stopped."""

    def __init__(self, stage: Setting, per_second: float) -> None:
        self.published: set[str] = set()
        self._stage = stage
        self._pause = BATCH / per_second
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._publish, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _publish(self) -> None:
        number = 0
        while not self._stopped.wait(self._pause):
            numbers = [each % DISTINCT for each in range(number, number + BATCH)]
            messages = [{"data": payload(each, BAD_PERCENT)} for each in numbers]
            answer = self._stage.publisher.publish(topic=TOPIC, messages=messages, retry=None)
            self.published.update(answer.message_ids)
            number += BATCH


def kill(
    stage: Setting, times: int, number: signal.Signals, per_second: float, *options: str
) -> Outcome:
    """Start the service and kill it while it stores, `times` times; then let one finish."""
    load, stored = Load(stage, per_second), stage.bigquery
    load.start()
    slowest = 0.0
    try:
        for _ in range(times):
            with stage.service(*options) as service:
                _let_it_store(stage, service)
                slowest = max(slowest, _end(service, number))
        with stage.service(*options) as service:
            _let_it_store(stage, service)  # so that it is up, and takes the signal as its own
            load.stop()
            service.wait_for(lambda: not stored.missing(load.published), SETTLE_SECONDS)
            _end(service, signal.SIGTERM)
    finally:
        load.stop()
    return Outcome(
        len(load.published),
        stored.tables["events"],
        stored.tables["dead_letters"],
        len(stored.missing(load.published)),
        stored.repeated,
        slowest,
    )


def _let_it_store(stage: Setting, service: Running) -> None:
    """Until the service has stored something, and a random while longer."""
    before = stage.bigquery.count
    service.wait_for(lambda: stage.bigquery.count > before, START_SECONDS)
    time.sleep(random.uniform(0, 1))  # noqa: S311


def _end(service: Running, number: signal.Signals) -> float:
    """Send the signal and return the seconds until the process was gone."""
    start = time.monotonic()
    service.process.send_signal(number)
    code = service.process.wait(DRAIN_SECONDS)
    if number is signal.SIGTERM and code:
        sys.exit(f"exit code {code} after SIGTERM\n{service.log()[-3000:]}")
    return time.monotonic() - start


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.one_machine.kills", description=__doc__
    )
    command.add_argument("--pubsub", choices=["ours", "google"], default="ours")
    command.add_argument("--signal", choices=["SIGKILL", "SIGTERM"], default="SIGKILL")
    command.add_argument("--times", type=int, default=20)
    command.add_argument("--per_second", type=float, default=4_000, help="messages published")
    command.add_argument("--processes", type=int, default=1)
    command.add_argument("--keep", action="store_true", help="write the outcome down")
    options = command.parse_args()
    with setting(options.pubsub) as stage:
        outcome = kill(
            stage,
            options.times,
            signal.Signals[options.signal],
            options.per_second,
            f"--processes={options.processes}",
        )
    print(outcome)
    if outcome.lost or outcome.rows + outcome.dead_letters - outcome.repeated != outcome.published:
        sys.exit("received is not rows + dead letters")
    if options.keep:
        _keep(options, outcome)


def _keep(options: argparse.Namespace, outcome: Outcome) -> None:
    names = ("pubsub", "signal", "times", "per_second", "processes")
    result = {name: getattr(options, name) for name in names} | outcome._asdict()
    save(merged(load(), {"kills": [result]}))
    write_pages()


if __name__ == "__main__":
    main()
