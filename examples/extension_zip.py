"""Writes `build/aegis-extension.zip`, the file that the Chrome Web Store takes.

The client that the folder links to is copied into it; what only developers need stays out, and so
does the manifest's `key`, since the store gives an extension its own
(https://developer.chrome.com/docs/extensions/reference/manifest/key).
"""

import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SOURCE = Path(__file__).with_name("extension")
TARGET = Path(__file__).parents[1] / "build" / "aegis-extension.zip"
LEFT_OUT = (".md", ".ts", ".svg")


def content(path: Path) -> bytes:
    if path.name != "manifest.json":
        return path.read_bytes()
    manifest = json.loads(path.read_bytes())
    del manifest["key"]
    return json.dumps(manifest, indent=2).encode()


def files(folder: Path) -> list[Path]:
    """All files of the extension, also behind a link; in one order, so that the zip is the same."""
    found = [path for path in folder.iterdir() if path.suffix not in LEFT_OUT]
    inner = [file for path in found if path.is_dir() for file in files(path)]
    return sorted([path for path in found if path.is_file()] + inner)


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    with ZipFile(TARGET, "w", ZIP_DEFLATED) as archive:
        for path in files(SOURCE):
            entry = ZipInfo(path.relative_to(SOURCE).as_posix())
            archive.writestr(entry, content(path), ZIP_DEFLATED)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
