"""Fills an environment's names into a file of this folder, and prints what Google takes.

    python3 -m deploy.monitoring.render ENVIRONMENT FILE [NOTIFICATION_CHANNEL]

`${NAME}` is a setting, `$$` a dollar sign: Terraform's `templatefile` reads the same files.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from deploy.settings import read


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


def main() -> None:
    environment, path, *channels = sys.argv[1:]
    json.dump(render(Path(path), read(environment), *channels), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
