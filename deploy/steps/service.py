"""What `gcloud run services list` says of the edge's service.

    gcloud run services list --format=json | python3 -m deploy.steps.service NAME TAG

prints for a shell, each empty if there is none: SERVING, the revision that has the traffic;
CANDIDATE, the revision behind TAG; CANDIDATE_TAGS, the tags of all candidates, separated by commas.

Needs nothing but Python, because it runs where gcloud does.
"""

import json
import shlex
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from deploy.help import answer_help


class Service(NamedTuple):
    """The status of a service; an empty one if there is no service."""

    status: dict[str, Any]

    def serving(self) -> str:
        """The revision that has the traffic."""
        ready = self.status.get("latestReadyRevisionName")
        busiest = max(self._traffic(), key=lambda target: target.get("percent", 0), default={})
        return str(busiest.get("revisionName", ready)) if ready else ""

    def url(self, tag: str = "") -> str:
        """The service's address, or a tag's."""
        return str((self._behind(tag) if tag else self.status).get("url", ""))

    def revision(self, tag: str) -> str:
        """The revision behind a tag."""
        return str(self._behind(tag).get("revisionName", ""))

    def candidates(self) -> list[str]:
        """The tags of candidates."""
        tags = (str(target.get("tag", "")) for target in self._traffic())
        return [tag for tag in tags if tag.startswith("candidate-")]

    def _traffic(self) -> list[dict[str, Any]]:
        traffic: list[dict[str, Any]] = self.status.get("traffic", [])
        return traffic

    def _behind(self, tag: str) -> dict[str, Any]:
        return next((target for target in self._traffic() if target.get("tag") == tag), {})


def find(services: Iterable[dict[str, Any]], name: str) -> Service:
    """The service of that name."""
    statuses = (one.get("status", {}) for one in services if one["metadata"]["name"] == name)
    return Service(next(statuses, {}))


def main() -> None:
    answer_help(__doc__)
    name, tag = sys.argv[1:]
    service = find(json.load(sys.stdin), name)
    print(f"SERVING={shlex.quote(service.serving())}")
    print(f"CANDIDATE={shlex.quote(service.revision(tag))}")
    print(f"CANDIDATE_TAGS={shlex.quote(','.join(service.candidates()))}")


if __name__ == "__main__":
    main()
