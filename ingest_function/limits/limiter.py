"""429 for a client over its limit, before its body is read.

In one process: with several workers or instances each allows as much. What must hold for all of
them together is Cloud Armor's: https://cloud.google.com/armor/docs/rate-limiting-overview
"""

import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from ingest_function.auth.access import Client
from ingest_function.http.exchange import Request
from ingest_function.http.problem import Problem, ProblemCode
from ingest_function.limits.buckets import Buckets
from ingest_function.limits.rules import Rule, Subject, Unit


class Limiter:
    """Judges a client by all rules that concern it; belongs to one event loop.

    With `is_dry_run` nothing is refused, and the log line says which rule would have.
    """

    def __init__(
        self, rules: Sequence[Rule], *, is_dry_run: bool = False, trusted_proxies: int = 0
    ) -> None:
        self._all = [Buckets(rule) for rule in rules]
        self._is_dry_run = is_dry_run
        self._trusted_proxies = trusted_proxies

    def check(self, request: Request, client: Client) -> None:
        """Let a client pass that is within its limits.

        Raises:
            Problem: 429.
        """
        if not self._all:
            return
        now = time.monotonic()
        for buckets, name in self._concerned(request, client):
            if wait := buckets.seconds_to_wait(name, now):
                request.log_fields["rate_limit"] = buckets.rule.name
                if not self._is_dry_run:
                    raise _too_many(buckets.rule, wait)

    def charge(self, request: Request, client: Client, *, events: int, size: int) -> None:
        """Count what a request brought, whether it was valid or not; `size` is in bytes."""
        if not self._all:
            return
        now = time.monotonic()
        for buckets, name in self._concerned(request, client):
            amount = events if buckets.rule.unit is Unit.EVENTS else size
            buckets.take(name, amount, now)

    def _concerned(self, request: Request, client: Client) -> Iterator[tuple[Buckets, str]]:
        for buckets in self._all:
            match buckets.rule.subject:
                case Subject.KEY:
                    yield buckets, client.name
                case Subject.USER:
                    yield buckets, client.user_id or ""
                case Subject.ADDRESS:
                    yield buckets, self._address(request)

    def _address(self, request: Request) -> str:
        """Of the client in front of the trusted proxies; each appends whom it was called by."""
        hops = request.headers.get("x-forwarded-for", "").split(",")
        if 0 < self._trusted_proxies <= len(hops):
            return hops[-self._trusted_proxies].strip()[:64]
        return request.client


def _too_many(rule: Rule, wait: int) -> Problem:
    # https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    window = max(1, round(rule.burst / rule.per_second))
    headers = {
        "retry-after": str(wait),
        "ratelimit-policy": f'"{rule.name}";q={rule.burst:.0f};w={window}',
        "ratelimit": f'"{rule.name}";r=0;t={wait}',
    }
    detail = f"more {rule.unit} than this {rule.subject} may send"
    status = HTTPStatus.TOO_MANY_REQUESTS
    return Problem(status, ProblemCode.RATE_LIMITED, detail, headers=headers)
