"""Fills an environment's names into files of this folder, and prints or writes what Google takes.

    python3 -m deploy.monitoring.render ENVIRONMENT FILE [CHANNEL...]
    python3 -m deploy.monitoring.render ENVIRONMENT --alerts FOLDER [CHANNEL...]

The second writes each alert to FOLDER, and prints its name and the hash of its content.
`${NAME}` is a setting, `$$` a dollar sign: Terraform's `templatefile` reads the same files.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from deploy.help import answer_help
from deploy.settings import read

ALERTS = Path(__file__).parent / "alerts"


def render(path: Path, settings: Mapping[str, str], *channels: str) -> dict[str, Any]:
    """The document of `path`; an alert policy also gets its name, its hash and its channels.

    Raises:
        KeyError: the file names a setting that does not exist.
    """
    text = Template(path.read_text(encoding="utf-8")).substitute(settings)
    document: dict[str, Any] = json.loads(text)
    if path.parent.name != "alerts":
        return document
    content = hashlib.sha256(text.encode()).hexdigest()[:16]
    labels = document["userLabels"] | {"alert": path.stem, "content": content}
    return document | {"userLabels": labels, "notificationChannels": list(channels)}


def write_alerts(folder: Path, settings: Mapping[str, str], *channels: str) -> None:
    for path in sorted(ALERTS.glob("*.json")):
        document = render(path, settings, *channels)
        (folder / path.name).write_text(json.dumps(document, indent=2), encoding="utf-8")
        print(path.stem, document["userLabels"]["content"])


def main() -> None:
    answer_help(__doc__)
    environment, path, *more = sys.argv[1:]
    settings = read(environment)
    if path == "--alerts":
        folder, *channels = more
        write_alerts(Path(folder), settings, *channels)
    else:
        json.dump(render(Path(path), settings, *more), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
