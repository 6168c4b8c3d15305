"""A BigQuery that remembers which messages it has stored, how often and when."""

import threading
import time
from collections import Counter

import pyarrow as pa

from local.bigquery.write_server import BigQueryWriteServer


class StoredIds(BigQueryWriteServer):
    """`ids` counts message ids over both tables; `tables` counts rows by table."""

    def __init__(self) -> None:
        super().__init__(keep=False)
        self.ids: Counter[str] = Counter()
        self.tables: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._ids_lock = threading.Lock()

    def store(self, table: str, batch: pa.RecordBatch) -> None:
        super().store(table, batch)
        now = time.time()
        published = batch.column("published_at").cast(pa.int64()).to_numpy(zero_copy_only=False)
        with self._ids_lock:
            self.ids.update(batch.column("message_id").to_pylist())
            self.tables[table] += batch.num_rows
            self.seconds.extend((now - published / 1e6).tolist())

    def missing(self, published: set[str]) -> set[str]:
        """Which of the published messages became neither a row nor a dead letter."""
        with self._ids_lock:
            return published - self.ids.keys()

    @property
    def repeated(self) -> int:
        """How many rows and dead letters are there more than once."""
        with self._ids_lock:
            return self.ids.total() - len(self.ids)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
