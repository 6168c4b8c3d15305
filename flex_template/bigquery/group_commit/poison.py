"""Finds the rows for which BigQuery refuses a whole request without naming any.

A refused request is halved, and its halves again. A row that is refused alone while others are
taken is at fault itself. If none is taken, the fault is the table's.
"""

from flex_template.bigquery.group_commit.request import Request

# A table that refuses this many single rows in turn, and takes none, would refuse all.
MAX_SUSPECTS = 16
# How often a lone suspect is tried again, in case another bundle's row shows that the table works.
MAX_ROUNDS = 3


class PoisonSearch:
    """What became of the parts of one refused request."""

    def __init__(self, began_at: float, reason: str) -> None:
        """The search for what made BigQuery refuse a request for `reason`."""
        self.began_at = began_at
        self.reason = reason
        self.rounds = 0
        self.suspects: list[Request] = []
        self.untried: list[Request] = []
        self.trying = 1
        self.some_taken = False
        self._look_elsewhere = False

    def refused(self, request: Request) -> None:
        """BigQuery refused this part."""
        if request.row_count == 1:
            self.suspects.append(request)
            self._look_elsewhere = True
        else:
            self.untried += request.halves()

    def to_try(self) -> list[Request]:
        """The parts to send next: one at a time until it is known that some rows are taken.

        The smallest comes first, and after each single row that was refused the largest: some part
        without a fault is soon met, whether the faulty rows are spread or side by side.
        """
        if self.some_taken:
            parts, self.untried = self.untried, []
        else:
            parts = [self.untried.pop(0 if self._look_elsewhere else -1)]
            self._look_elsewhere = False
        self.trying += len(parts)
        return parts

    def suspects_to_retry(self) -> list[Request]:
        """All suspects once more; they are not suspects until refused again."""
        suspects, self.suspects = self.suspects, []
        self.trying += len(suspects)
        self.rounds += 1
        return suspects

    def give_up(self) -> list[Request]:
        """End the search; returns the suspects and what was not tried."""
        parts = self.suspects + self.untried
        self.suspects, self.untried = [], []
        return parts

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing speaks for the table."""
        if self.some_taken:
            return False
        return len(self.suspects) >= MAX_SUSPECTS or (self.is_over and self.rounds >= MAX_ROUNDS)

    @property
    def is_over(self) -> bool:
        """Whether all parts are tried and answered."""
        return not self.untried and not self.trying
