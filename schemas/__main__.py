"""Change the event schema: `python -m schemas generate | check | release | plan | apply`.

See CONTRIBUTING.md for the recipe, and docs/schema.md for what each command says.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.event_versions import SchemaFileError, load
from schemas.evolution.generate import ROOT, outdated
from schemas.evolution.release import release
from schemas.tables import layout


def main(arguments: Sequence[str]) -> None:
    """Run one command.

    Raises:
        SystemExit: the command found something wrong, or cannot work; the message says what.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except SchemaFileError as error:
        sys.exit(str(error))


def _generate(options: argparse.Namespace) -> None:
    files = list(outdated())
    for path, wanted in files:
        print(path.relative_to(ROOT))  # noqa: T201 - a command's output
        if not options.check:
            path.write_text(wanted, encoding="utf-8")
    if files and options.check:
        sys.exit("out of date: run make schema")


def _check(options: argparse.Namespace) -> None:
    # It searches with Hypothesis, which only developers have: `apply` must run without.
    from schemas.evolution.check import check  # noqa: PLC0415

    report, releasable = check(options.folder)
    print(report)  # noqa: T201 - a command's output
    sys.exit(not releasable)


def _release(options: argparse.Namespace) -> None:
    for name in release(options.folder, load(options.folder)):
        print(name)  # noqa: T201 - a command's output


def _plan(options: argparse.Namespace) -> None:
    # BigQuery's libraries are not among the edge's, which imports this package too.
    from flex_template.start import command_imports  # noqa: PLC0415

    with command_imports(__name__):
        from flex_template.bigquery.table_name import TableName  # noqa: PLC0415
        from flex_template.command_line import clear_ends  # noqa: PLC0415
        from schemas.evolution.migration import found, migrate  # noqa: PLC0415

    try:
        events_table = str(TableName.parse(options.events_table))
    except ValueError as error:
        sys.exit(f"--events_table: {error}")
    days = {
        "events": options.events_expiration_days,
        "dead_letters": options.dead_letters_expiration_days,
        # A replay happens after the failure, so its record outlives the letter that it guards.
        "replays": options.dead_letters_expiration_days,
    }
    chosen = {table: each for table, each in days.items() if each is not None}
    with clear_ends():
        if options.json:
            text = json.dumps([one._asdict() for one in found(events_table, chosen)])
        else:
            text = migrate(events_table, execute=options.apply, expiration_days=chosen)
    print(text)  # noqa: T201 - a command's output


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return Path(text)


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m schemas",
        allow_abbrev=False,
        description="Change the event schema; docs/schema.md says what each command does.",
    )
    commands = result.add_subparsers(required=True, metavar="command")
    generate = commands.add_parser(
        "generate", help="rewrite the files that repeat the event schema in another form"
    )
    generate.add_argument(
        "--check", action="store_true", help="write nothing; fail if one is out of date"
    )
    generate.set_defaults(run=_generate)
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument(
        "--folder",
        type=_folder,
        default=ROOT / "schemas",
        help="where the version files are; default: schemas",
    )
    checking = commands.add_parser(
        "check",
        parents=[folder],
        help="say whether the newest version is compatible with the one before",
    )
    checking.set_defaults(run=_check)
    releasing = commands.add_parser(
        "release",
        parents=[folder],
        help="record the versions' files, which must not change after that",
    )
    releasing.set_defaults(run=_release)
    for name, words in (
        ("plan", "say what the dataset lacks, and"),
        ("apply", "add what it lacks, and say"),
    ):
        migrating = commands.add_parser(name, help=f"{words} in which order to roll it out")
        migrating.add_argument(
            "--events_table",
            required=True,
            help="project.dataset.table; dead_letters, replays and the views stand beside it",
        )
        for table in ("events", "dead_letters"):
            migrating.add_argument(
                f"--{table}_expiration_days",
                type=int,
                help=f"days that a new table {table} keeps its partitions; "
                f"default: {layout(table).expiration_days}, as in schemas/tables.json",
            )
        migrating.set_defaults(run=_plan, apply=name == "apply", json=False)
        if name == "plan":
            migrating.add_argument(
                "--json", action="store_true", help="print what was found as JSON"
            )
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
