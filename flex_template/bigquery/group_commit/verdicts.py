"""What follows from each answer of BigQuery: rows are stored, refused, sent again or given up."""

import logging
from collections.abc import Iterable

import grpc
from google.cloud.bigquery_storage_v1.types import AppendRowsResponse

from flex_template.bigquery.group_commit.pending import Sent
from flex_template.bigquery.group_commit.poison import PoisonSearch
from flex_template.bigquery.group_commit.request import Request
from flex_template.bigquery.group_commit.retry import CODES, AppendError, RetryPolicy

_LOG_SECONDS = 60.0  # an outage makes thousands of retries, and a line of each would say no more
_logger = logging.getLogger(__name__)


class Verdicts:
    """Settles rows, and keeps the requests that are to be sent again.

    `resume_at` is when anything may be sent after a fault that concerns all requests: a broken
    connection, a quota that is used up.
    """

    def __init__(self, name: str, policy: RetryPolicy) -> None:
        self._name = name
        self._policy = policy
        self._again: list[tuple[float, Request]] = []
        self._stored_at = float("-inf")
        self._logged_at = float("-inf")
        self.resume_at = float("-inf")

    def answer(
        self, request: Request, response: AppendRowsResponse, sent_at: float, now: float
    ) -> None:
        """Act on a response to `request`."""
        raw = AppendRowsResponse.pb(response)
        if raw.HasField("updated_schema"):
            names = [field.name for field in raw.updated_schema.fields]
            _logger.warning("%s: the table's columns are now %s", self._name, ", ".join(names))
        if raw.row_errors:
            self._refuse_rows(request, {e.index: e.message for e in raw.row_errors}, now)
        elif raw.error.code:
            self.fault(request, CODES[raw.error.code], raw.error.message, now)
        else:
            self._store(request, sent_at, now)

    def _store(self, request: Request, sent_at: float, now: float) -> None:
        self._stored_at = now
        first = request.spans[0].append
        first.requests.append(Sent(request.row_count, request.size, now - sent_at))
        for append, indices in request.spans:
            append.settle_stored(len(indices))
        self._answered_in_search(request, now)

    def _refuse_rows(self, request: Request, reasons: dict[int, str], now: float) -> None:
        """A request with row errors stored nothing: send again what BigQuery did not refuse.

        The list of errors may be incomplete; then the rest is refused in its turn.
        """
        for position, reason in reasons.items():
            request.refuse(position, reason)
        rest = request.part(lambda at, _: at not in reasons)
        if rest is None:
            self._answered_in_search(request, now)
        else:
            self._again.append((now, rest))

    def fault(self, request: Request, code: grpc.StatusCode, reason: str, now: float) -> None:
        """Act on an error that concerns `request` alone."""
        if code is grpc.StatusCode.INVALID_ARGUMENT:
            self._search(request, reason, now)
            return
        due = self._retry(request, code, reason, now)
        if due is not None and code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            self.resume_at = max(self.resume_at, due)

    def broken(
        self, requests: list[Request], code: grpc.StatusCode, reason: str, now: float
    ) -> None:
        """Act on the end of a stream, with these requests unanswered."""
        if code is grpc.StatusCode.INVALID_ARGUMENT or not self._policy.may_pass(code):
            # Answers come in order, so it is the first request that ended the call.
            for request in requests[:1]:
                self.fault(request, code, reason, now)
            self._again += [(now, request) for request in requests[1:]]
            return
        for request in requests:
            due = self._retry(request, code, reason, now)
            if due is not None:
                self.resume_at = max(self.resume_at, due)

    def timed_out(self, requests: Iterable[Request], reason: str, now: float) -> None:
        """Act on a stream that was silent for too long: it may have stored all of them."""
        for request in requests:
            request.timeouts += 1
            if request.timeouts > self._policy.timeouts:
                self._fail(request, grpc.StatusCode.DEADLINE_EXCEEDED, reason, now)
            else:
                self._note_retry(request, grpc.StatusCode.DEADLINE_EXCEEDED, reason, 0.0, now)
                self._again.append((now, request))

    def send_again(self, request: Request, due: float) -> None:
        """Keep a request that is to be sent once `due` has come."""
        self._again.append((due, request))

    def due(self, now: float) -> Request | None:
        """A request that is to be sent again now, without the rows that nobody waits for."""
        for position, (due, request) in enumerate(self._again):
            if due <= now:
                del self._again[position]
                return self._without_withdrawn(request, now)
        return None

    def has_due(self, now: float) -> bool:
        return any(due <= now for due, _ in self._again)

    def next_due(self) -> float | None:
        """When the next request is to be sent again."""
        return min((due for due, _ in self._again), default=None)

    def forget(self) -> None:
        """Forget the requests that were to be sent again."""
        self._again.clear()

    def _without_withdrawn(self, request: Request, now: float) -> Request | None:
        unwanted = [span.append for span in request.spans if not span.append.is_awaited]
        if not unwanted:
            return request
        rest = request.part(lambda _, append: append.is_awaited)
        for append in unwanted:
            append.fail(AppendError("withdrawn"))
        if rest is None:
            self._answered_in_search(request, now)
        else:
            rest.continues(request)
        return rest

    def _retry(
        self, request: Request, code: grpc.StatusCode, reason: str, now: float
    ) -> float | None:
        """When the request is sent again; None if it is given up."""
        request.failures += 1
        if request.first_failure is None:
            request.first_failure = now
        pause = self._policy.pause(code, request.failures, now - request.first_failure)
        if pause is None:
            self._fail(request, code, reason, now)
            return None
        self._note_retry(request, code, reason, pause, now)
        self._again.append((now + pause, request))
        return now + pause

    def _note_retry(
        self, request: Request, code: grpc.StatusCode, reason: str, pause: float, now: float
    ) -> None:
        request.spans[0].append.retries += 1
        if now - self._logged_at >= _LOG_SECONDS:
            self._logged_at = now
            _logger.warning("%s: %s: %s; again in %.1f s", self._name, code.name, reason, pause)

    def _fail(self, request: Request, code: grpc.StatusCode, reason: str, now: float) -> None:
        self._fail_appends(request, code, reason)
        self._answered_in_search(request, now)

    def _fail_appends(self, request: Request, code: grpc.StatusCode, reason: str) -> None:
        for span in request.spans:
            span.append.fail(AppendError(f"{self._name}: {code.name}: {reason}"))

    def _search(self, request: Request, reason: str, now: float) -> None:
        """Find out which rows of a request are at fault, or that the table is."""
        if request.search is None:
            request.search = PoisonSearch(now, reason)
        request.search.refused(request)
        self._answered_in_search(request, now)

    def _answered_in_search(self, request: Request, now: float) -> None:
        """Go on with the search that `request` belongs to, if any."""
        search = request.search
        if search is None:
            return
        search.trying -= 1
        search.some_taken = search.some_taken or self._stored_at > search.began_at
        if search.is_hopeless:
            for part in search.give_up():
                self._fail_appends(part, grpc.StatusCode.INVALID_ARGUMENT, search.reason)
        elif search.untried and (search.some_taken or not search.trying):
            self._again += [(now, part) for part in search.to_try()]
        elif search.trying:
            return  # the other parts are still to be answered
        elif search.some_taken:
            for suspect in search.give_up():
                suspect.refuse(0, search.reason)
        else:
            pause = self._policy.maximum * search.rounds / 2
            self._again += [(now + pause, part) for part in search.suspects_to_retry()]
