"""Replays that operators started here, each in a thread of its own.

What a run did is in the table `replays`; this knows only whether it is still at it. A restart of
the console ends its runs between or within batches, which the claims make safe.
"""

import logging
import threading
import uuid
from dataclasses import dataclass, field, replace

from google.api_core.exceptions import GoogleAPIError
from google.cloud import bigquery

from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.replay.options import ReplayOptions
from flex_template.replay.repair import RepairError
from flex_template.replay.run import Progress, replay

logger = logging.getLogger(__name__)
MAX_KEPT = 100  # what became of older ones is in the table


@dataclass
class Run:
    """A replay on its way; `total` is what its preview promised."""

    run_id: str
    total: int
    progress: Progress = field(default_factory=lambda: Progress(0, 0))
    finished: bool = False
    error: str | None = None


class Runs:
    """The runs of this process, the latest `MAX_KEPT` of them."""

    def __init__(self, client: bigquery.Client) -> None:
        self._client = client
        self._runs: dict[str, Run] = {}

    def start(self, options: ReplayOptions, total: int) -> Run:
        run = Run(str(uuid.uuid4()), total)
        self._runs[run.run_id] = run
        for run_id in list(self._runs)[:-MAX_KEPT]:
            del self._runs[run_id]
        threading.Thread(target=self._follow, args=[run, options], daemon=True).start()
        return run

    def get(self, run_id: str) -> Run | None:
        """The run as it is now: what is asked of the table afterwards is at least as far."""
        run = self._runs.get(run_id)
        return replace(run) if run else None

    def _follow(self, run: Run, options: ReplayOptions) -> None:
        try:
            for progress in replay(self._client, options, run.run_id):
                run.progress = progress
                run.error = progress.stopped
        except (AppendError, GoogleAPIError, RepairError) as error:
            run.error = str(error)
        except Exception:
            logger.exception("run %s: internal error", run.run_id)
            run.error = "internal error: see the console's log"
        finally:
            run.finished = True
