"""Completes a Flex Template's spec: what `gcloud dataflow flex-template build` leaves out.

gcloud 528 drops the streaming keys of the metadata, and has no flag for the workers' image.

    gcloud dataflow flex-template build gs://... --print-only --format=json ... |
        python3 -m deploy.steps.spec metadata.json

Needs nothing but Python, because it runs where gcloud does.
"""

import json
import sys
from pathlib import Path
from typing import Any

from deploy.help import answer_help


def complete(spec: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The spec with all of `metadata`, and its own image for the workers too."""
    environment = spec.get("defaultEnvironment", {}) | {"sdkContainerImage": spec["image"]}
    return spec | {"metadata": metadata, "defaultEnvironment": environment}


def main() -> None:
    answer_help(__doc__)
    # gcloud prints the spec, which is JSON already, as one JSON string.
    spec = json.loads(json.load(sys.stdin))
    metadata = json.loads(Path(sys.argv[1]).read_text())
    json.dump(complete(spec, metadata), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
