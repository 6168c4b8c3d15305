"""Sixteen bundles at once over one writer, and a BigQuery that fails at random, by seed."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import grpc
import pytest

from flex_template.bigquery.group_commit.retry import PASSING, AppendError, RetryPolicy
from flex_template.bigquery.group_commit.writer import TableWriter
from local.bigquery.write_server import (
    BigQueryWriteServer,
    Fault,
    abort,
    choke_on,
    close_stream,
    lose_answer,
    refuse,
    respond,
)
from tests.flex_template.bigquery.group_commit.appending import Bundle, stored, writing

SEEDS = 500
PARTS = 10
BUNDLES = 16
POLICY = RetryPolicy(attempts=6, initial=0.0005, maximum=0.002)
PASSING_CODES = sorted(PASSING, key=str)
FATAL = [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND]


def is_bad(row: dict[str, int]) -> bool:
    return row["number"] % 17 == 3


def is_poison(row: dict[str, int]) -> bool:
    return row["number"] % 101 == 5


def is_wrong(number: int) -> bool:
    row = {"number": number}
    return is_bad(row) or is_poison(row)


def both(first: Fault, second: Fault) -> Fault:
    return lambda *request: first(*request) or second(*request)


def random_faults(bigquery: BigQueryWriteServer, dice: random.Random) -> Callable[[], Fault]:
    """What BigQuery does with each request: it never takes a bad or a poison row."""
    checks = both(choke_on(is_poison, "poison"), refuse(is_bad, "bad"))
    faults: list[Callable[[], Fault]] = [
        lambda: respond(dice.choice(PASSING_CODES), "later"),
        lambda: abort(dice.choice(PASSING_CODES), "gone"),
        lambda: both(checks, lose_answer(bigquery)),
        lambda: close_stream,
        lambda: dice.choice([respond, abort])(dice.choice(FATAL), "no"),
    ]
    weights = [4, 2, 2, 2, 1]
    share = dice.choice([0.0, 0.1, 0.3])
    return lambda: dice.choices(faults, weights)[0]() if dice.random() < share else checks


def run_bundle(
    writer: TableWriter, numbers: Iterator[int], dice: random.Random
) -> tuple[Bundle, bool]:
    """One bundle of random size, and whether it may commit; now and then it is abandoned."""
    bundle = Bundle(writer)
    for _ in range(dice.randint(1, 4)):
        bundle.append(*(next(numbers) for _ in range(dice.choice([1, 5, 20]))))
        if dice.random() < 0.03:
            bundle.rows.withdraw()
            return bundle, False
    try:
        bundle.flush()
    except AppendError:
        return bundle, False
    return bundle, True


def check(bigquery: BigQueryWriteServer, seed: int) -> None:
    bigquery.rows.clear()
    bigquery.fault = random_faults(bigquery, random.Random(seed))  # noqa: S311
    outcomes: list[tuple[Bundle, bool]] = []
    with writing(POLICY) as writer:

        def work(worker: int) -> None:
            dice = random.Random(seed * BUNDLES + worker)  # noqa: S311
            # From another number each time, or the same six rows would be poison for every seed.
            first = worker * 10_000 + dice.randrange(1_000)
            outcomes.append(run_bundle(writer, count(first), dice))

        threads = [threading.Thread(target=work, args=[n]) for n in range(BUNDLES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), f"seed {seed}: a bundle waits for ever"
    check_outcomes(seed, stored(bigquery), outcomes)


def check_outcomes(seed: int, rows: Counter[int], outcomes: list[tuple[Bundle, bool]]) -> None:
    for bundle, committed in outcomes:
        assert not bundle.refused.keys() & rows.keys(), f"seed {seed}: stored and refused"
        if committed:
            wrong = set(filter(is_wrong, bundle.handed_over))
            assert bundle.refused.keys() == wrong, f"seed {seed}: refused"
            assert rows.keys() >= set(bundle.handed_over) - wrong, f"seed {seed}: lost"
    assert not {number for number in rows if is_bad({"number": number})}
    assert len(outcomes) == BUNDLES


@pytest.mark.parametrize("part", range(PARTS))
def test_every_bundle_is_told_the_truth_about_each_of_its_rows(
    bigquery: BigQueryWriteServer, part: int
) -> None:
    """Each row of a bundle that commits is stored at least once or refused once, never both."""
    for seed in range(part, SEEDS, PARTS):
        check(bigquery, seed)
