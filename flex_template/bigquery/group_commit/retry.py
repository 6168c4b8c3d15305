"""Which faults of BigQuery pass, how long to wait for that, and when to give up."""

import random
from typing import NamedTuple

import grpc

# "Handle errors": these may pass, and a default stream takes the same rows again.
# https://cloud.google.com/bigquery/docs/write-api-best-practices#handle-errors
PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
CODES = {code.value[0]: code for code in grpc.StatusCode}


class AppendError(RuntimeError):
    """BigQuery takes no rows for this table: a fault of the table, a permission or the service."""


class RetryPolicy(NamedTuple):
    """Times in seconds. Pauses double from `initial` to `maximum`, drawn at random below that.

    A quota that is used up refills within seconds or within ten minutes, so it is waited for by
    time and not by number. The service may take two minutes for a request, and a request given up
    too early is stored twice: hence the long wait for an answer, and only one more try after it.
    """

    attempts: int = 8
    initial: float = 0.1
    maximum: float = 10.0
    quota_maximum: float = 30.0
    quota_patience: float = 600.0
    answer_timeout: float = 330.0
    timeouts: int = 1

    def pause(self, code: grpc.StatusCode, failures: int, waited: float) -> float | None:
        """How long to wait after this many failures in `waited` seconds; None to give up."""
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            if waited >= self.quota_patience:
                return None
            longest = min(self.quota_maximum, self.initial * 2**failures)
            return random.uniform(longest / 2, longest)  # noqa: S311 - no secret
        if code not in PASSING or failures > self.attempts:
            return None
        longest = min(self.maximum, self.initial * 2 ** (failures - 1))
        return random.uniform(0, longest)  # noqa: S311 - no secret

    def may_pass(self, code: grpc.StatusCode) -> bool:
        """Whether a call that ended with `code` is tried again at all."""
        return code in PASSING or code is grpc.StatusCode.RESOURCE_EXHAUSTED
