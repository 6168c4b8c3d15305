"""Proposes a release: the changelog's section, and the commands that make the tag. Changes nothing.

    make release VERSION=1.1.0

The section lists the subjects of all commits since the last tag, for a person to shorten.
"""

import argparse
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

VERSION_FILE = Path("schemas/version.py")


def git(*words: str) -> str:
    """What git printed; empty where it fails, as it does without a tag."""
    return subprocess.run(
        ["git", *words], capture_output=True, text=True, check=False
    ).stdout.strip()


def current_version() -> str:
    found = re.search(r'^__version__ = "(.+)"$', VERSION_FILE.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def numbers(version: str) -> tuple[int, ...]:
    """The three numbers of a version.

    Raises:
        SystemExit: it has no such form.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"{version or 'VERSION'} is not a version such as 1.1.0")
    return tuple(int(part) for part in version.split("."))


def section(version: str, subjects: list[str], day: str) -> str:
    """The changelog's new section, in the form of https://keepachangelog.com."""
    lines = [f"- {subject}" for subject in subjects]
    return "\n".join([f"## [{version}] - {day}", "", *lines, ""])


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m deploy.release.propose",
        description="Propose a release: the changelog's section, and the commands of its tag.",
    )
    command.add_argument("version", nargs="?", default="", help="such as 1.1.0")
    version: str = command.parse_args().version
    current = current_version()
    if numbers(version) < numbers(current):
        raise SystemExit(f"{version} is older than {current}, which {VERSION_FILE} says")
    if git("status", "--porcelain"):
        raise SystemExit("commit first: the tag would not hold what is here")
    last = git("describe", "--tags", "--abbrev=0", "--match=v*")
    if last == f"v{version}":
        raise SystemExit(f"{last} is there already")
    subjects = git("log", "--format=%s", f"{last}..HEAD" if last else "HEAD").splitlines()
    print("For CHANGELOG.md:\n")
    print(section(version, subjects, datetime.now(UTC).date().isoformat()))
    print(f'Then, with __version__ = "{version}" in {VERSION_FILE} and both committed:\n')
    print(f"git tag --annotate v{version} --message='Release {version}'")
    print(f"git push origin v{version}")


if __name__ == "__main__":
    main()
