"""A source that costs next to nothing; `beam.Create` would add a shuffle of every message."""

from collections.abc import Iterator

import apache_beam as beam

from benchmarks.pipeline.messages import serialized


class Generate(beam.PTransform):
    """`count` serialized Pub/Sub messages, made while the pipeline runs."""

    def __init__(self, count: int, bad_percent: int) -> None:
        super().__init__()
        self._count = count
        self._bad_percent = bad_percent

    def expand(self, start: beam.pvalue.PBegin) -> beam.PCollection:
        return start | beam.Impulse() | beam.ParDo(_Generate(self._count, self._bad_percent))


class _Generate(beam.DoFn):
    def __init__(self, count: int, bad_percent: int) -> None:
        self._count = count
        self._bad_percent = bad_percent

    def process(self, _: bytes) -> Iterator[bytes]:
        return serialized(self._count, self._bad_percent)
