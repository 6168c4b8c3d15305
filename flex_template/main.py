"""The entry point: `python -m flex_template.main --runner=... --input_subscription=... ...`.

On Dataflow it returns once the job is submitted. On one machine it serves the subscription until
SIGTERM, or works through the files.
"""

import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from flex_template.start import command_imports

with command_imports(__name__):
    from flex_template import metrics
    from flex_template.job import Job
    from flex_template.one_machine.processes import serve_in_processes
    from flex_template.one_machine.service import serve
    from flex_template.preflight import preflight


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Build and run the pipeline that the command line describes.

    Raises:
        SystemExit: the command line, or what it names, cannot work; the message says why.
    """
    job = Job.of(arguments, environment)
    preflight(job)
    if not job.is_service:
        result = job.pipeline().run()
        if not job.on_dataflow:
            result.wait_until_finish()
            sys.stdout.write(_summary(job, metrics.totals(result)))
    elif job.options.processes == 1:
        serve(job)
    else:
        serve_in_processes(job, arguments, environment)


def _summary(job: Job, totals: Mapping[str, int]) -> str:
    events, dead_letters = (totals.get(name, 0) for name in (metrics.EVENTS, metrics.DEAD_LETTERS))
    options = job.options
    where = options.output_directory or f"{options.events_table} and {options.dead_letter_table}"
    return f"Wrote {events} events and {dead_letters} dead letters to {where}.\n"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    try:
        run(sys.argv[1:], os.environ)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
