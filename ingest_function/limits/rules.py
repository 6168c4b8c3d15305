"""The limits of one deployment, as its configuration writes them."""

import re
from enum import StrEnum
from typing import NamedTuple


class Subject(StrEnum):
    """Whom a rule tells apart from the others."""

    KEY = "key"
    USER = "user"
    ADDRESS = "address"


class Unit(StrEnum):
    EVENTS = "events"
    BYTES = "bytes"


class Rule(NamedTuple):
    """So much per second in the long run, and up to `burst` at once."""

    subject: Subject
    unit: Unit
    per_second: float
    burst: float

    @property
    def name(self) -> str:
        return f"{self.subject}-{self.unit}"


_RULE = re.compile(
    r"(?P<subject>key|user|address):(?P<unit>events|bytes)"
    r":(?P<per_second>\d{1,12}(?:\.\d{1,6})?):(?P<burst>\d{1,12})",
    re.ASCII,
)


def parse_rule(text: str) -> Rule:
    """A rule from `subject:unit:per_second:burst`, such as `address:events:20:200`.

    Raises:
        ValueError: it is written otherwise, or allows nothing.
    """
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    per_second, burst = float(found["per_second"]), float(found["burst"])
    if per_second <= 0 or burst <= 0:
        raise ValueError(text)
    return Rule(Subject(found["subject"]), Unit(found["unit"]), per_second, burst)
