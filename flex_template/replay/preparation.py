"""What the present schema says of a letter, repaired or as it is, before anything is published."""

from typing import NamedTuple

from flex_template.replay.letter import Letter
from flex_template.replay.repair import NotRepaired, Repair
from flex_template.replayed import limits_at
from schemas import InvalidEvent, Limits, now_micros, parse, validate

NOT_REPAIRED = "not_repaired"


class Refusal(NamedTuple):
    """Why a letter cannot become a row: an error code, or `NOT_REPAIRED`."""

    code: str
    path: str
    message: str


class Prepared(NamedTuple):
    """A letter as it would be published; `refusal` is None if it would then become a row."""

    original: Letter
    letter: Letter
    refusal: Refusal | None


class Preparation:
    """Repairs each letter, if there is a repair, and validates it as the pipeline will."""

    def __init__(self, repair: Repair | None, limits: Limits) -> None:
        self._repair = repair
        self._limits = limits

    def __call__(self, original: Letter) -> Prepared:
        try:
            letter = self._repaired(original)
            self._validate(letter)
        except NotRepaired as reason:
            return Prepared(original, original, Refusal(NOT_REPAIRED, "", str(reason)))
        except InvalidEvent as invalid:
            return Prepared(original, letter, Refusal(*invalid.errors[0]))
        return Prepared(original, letter, None)

    def _repaired(self, letter: Letter) -> Letter:
        if self._repair is None:
            return letter
        try:
            parse(letter.payload)
        except InvalidEvent as invalid:
            raise NotRepaired(f"jq cannot read it: {invalid.errors[0].message}") from None
        return letter._replace(payload=self._repair(letter.payload))

    def _validate(self, letter: Letter) -> None:
        now = now_micros()
        limits = limits_at(self._limits, letter.attributes, now)
        validate(parse(letter.payload), now=now, limits=limits)
