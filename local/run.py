"""Send the samples through the whole path, show what arrived, and hold it against what was sent.

python -m local.run
"""

from collections import Counter
from collections.abc import Iterable

from flex_template.start import command_imports

with command_imports(__name__):
    from rich.console import Console

    from local.arrivals import Arrivals, wait_for
    from local.command import run_with_stack
    from local.process import StackError
    from local.report import dead_letters_table, events_table, exchanges_table
    from local.stack import Stack
    from local.traffic import Sent, send_samples
    from schemas import Stage

ARRIVAL_SECONDS = 90  # a second is enough, unless the machine is busy


def run(stack: Stack, console: Console) -> None:
    """Raise `StackError` unless exactly what was sent is stored."""
    console.print(f"Pub/Sub: {stack.pubsub.description}; edge: {stack.url}", highlight=False)
    sent = send_samples(stack)
    console.print(exchanges_table(sent.exchanges))
    letters = len(sent.messages) + len(sent.quarantined_codes)
    arrivals = Arrivals(stack.bigquery)
    with console.status("waiting for the rows …"):
        complete = wait_for(arrivals, stack, len(sent.message_ids), letters, ARRIVAL_SECONDS)
    console.print(events_table(arrivals.events.values()))
    console.print(dead_letters_table(arrivals.dead_letters.values()))
    if not complete:
        raise StackError(f"not everything arrived within {ARRIVAL_SECONDS} s")
    _compare(sent, arrivals)
    console.print(
        f"Sent and stored: {len(sent.message_ids)} events "
        f"({len(sent.event_ids)} after deduplication), {letters} dead letters: "
        f"{len(sent.quarantined_codes)} refused by the edge, {len(sent.messages)} by the pipeline.",
        style="bold green",
        highlight=False,
        soft_wrap=True,
    )


def _compare(sent: Sent, arrivals: Arrivals) -> None:
    edge, pipeline = [], []
    for row in arrivals.dead_letters.values():
        if row["stage"] == Stage.EDGE:
            edge.append(row["error_code"])
        else:
            pipeline.append((row["payload"], row["error_code"]))
    _check("events", sent.message_ids, arrivals.events)
    _check("refused events", sent.quarantined_codes, edge)
    _check("dead letters", [(item.data, item.code) for item in sent.messages], pipeline)
    _check("deduplicated events", sent.event_ids, arrivals.deduplicated_event_ids())


def _check(name: str, expected: Iterable[object], stored: Iterable[object]) -> None:
    if Counter(list(expected)) != Counter(list(stored)):
        raise StackError(f"the {name} stored are not those sent")


if __name__ == "__main__":
    run_with_stack(run, "python -m local.run", "Send the samples through the whole path.")
