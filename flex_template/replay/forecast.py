"""What a replay would do, told beforehand."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flex_template.replay.preparation import Prepared, Refusal

SAMPLES = 3  # before and after: more would not fit on a screen


@dataclass
class Forecast:
    """How many letters would become rows, and why the others would not.

    `refused` counts by code and path; `reasons` has one example in words for each; `samples` are
    the first letters, those that a repair changes before others.
    """

    valid: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    samples: list[Prepared] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.valid + self.refused.total()

    def add(self, prepared: Prepared) -> None:
        if prepared.refusal is None:
            self.valid += 1
        else:
            self._refuse(prepared.refusal)
        if len(self.samples) < SAMPLES:
            self.samples.append(prepared)

    def _refuse(self, refusal: Refusal) -> None:
        key = (refusal.code, refusal.path)
        self.refused[key] += 1
        self.reasons.setdefault(key, refusal.message)


def forecast(prepared: Iterable[Prepared]) -> Forecast:
    """Count all of `prepared`; keeps no letter but the samples."""
    result = Forecast()
    for each in prepared:
        result.add(each)
    return result
