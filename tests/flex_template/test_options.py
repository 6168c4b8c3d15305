"""What the command line accepts, where its defaults come from, and what it says otherwise."""

import pytest

from flex_template.options import parse, parser

SUBSCRIPTION = "--input_subscription=projects/my-project/subscriptions/events-pipeline"
ENVIRONMENT = {
    "GCP_PROJECT_ID": "my-project",
    "PUB_SUB_TOPIC_ID": "events",
    "BIGQUERY_DATASET_ID": "aegis",
    "BIGQUERY_TABLE_ID": "events",
}


def test_the_environment_gives_source_and_tables() -> None:
    options, beam = parse([], ENVIRONMENT)
    assert options.input_topic == "projects/my-project/topics/events"
    assert options.events_table == "my-project.aegis.events"
    assert options.dead_letter_table == "my-project.aegis.dead_letters"
    assert options.max_event_age_days == 365
    assert (options.write_method, options.deduplicate, beam) == ("STORAGE_WRITE_API", False, [])


def test_the_command_line_wins_over_the_environment() -> None:
    options, _ = parse([SUBSCRIPTION, "--events_table=other-project:a.b"], ENVIRONMENT)
    assert options.input_topic is None
    assert options.events_table == "other-project.a.b"
    assert options.dead_letter_table == "my-project.aegis.dead_letters"


def test_what_is_not_ours_goes_to_beam_untouched() -> None:
    beams = ["--runner=DataflowRunner", "--project", "my-project", "--streaming", "--region=x"]
    _, beam = parse([*beams, SUBSCRIPTION], ENVIRONMENT)
    assert beam == beams


@pytest.mark.parametrize("arguments", [["--output_directory=out"], ["--events_table=a-b-c-d.e.f"]])
def test_our_options_are_not_abbreviated(arguments: list[str]) -> None:
    _, beam = parse([SUBSCRIPTION, "--events=x", *arguments], ENVIRONMENT)
    assert beam == ["--events=x"]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("PUB_SUB_TOPIC_ID", "one of --input_subscription, --input_topic or --input_files"),
        ("BIGQUERY_TABLE_ID", "--events_table is needed; example: my-project.aegis.events\n"),
        ("BIGQUERY_DATASET_ID", "--events_table is needed; example: my-project.aegis.events\n"),
    ],
)
def test_what_is_missing_is_named(
    missing: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([], {name: value for name, value in ENVIRONMENT.items() if name != missing})
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_missing_dead_letter_table_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([SUBSCRIPTION, "--events_table=my-project.aegis.events"], {})
    message = "--dead_letter_table is needed; example: my-project.aegis.dead_letters\n"
    assert capsys.readouterr().err.endswith(message)


@pytest.mark.parametrize(
    ("option", "value", "example"),
    [
        ("input_subscription", "events-pipeline", "projects/my-project/subscriptions/"),
        ("input_subscription", "projects/my-project/topics/events", "subscriptions/"),
        ("input_topic", "projects/my-project/topics/events\n", "projects/my-project/topics/"),
        ("input_topic", "projects/tiny/topics/events", "projects/my-project/topics/"),
        ("events_table", "aegis.events", "my-project.aegis.events"),
        ("events_table", "my-project.aegis.events`; DROP", "my-project.aegis.events"),
        ("events_table", "example.com:my-project.a.b", "is in a domain-scoped project"),
        ("dead_letter_table", "my-project.ae-gis.events", "my-project.aegis.events"),
        ("max_event_age_days", "0", "365"),
        ("max_event_age_days", "3651", "365"),
        ("max_event_age_days", "nan", "365"),
        ("max_event_age_days", "a year", "365"),
        ("write_method", "FILE_LOADS", "STORAGE_WRITE_API"),
    ],
)
def test_a_malformed_value_is_refused_with_an_example(
    option: str, value: str, example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([f"--{option}={value}"], ENVIRONMENT)
    error = capsys.readouterr().err.splitlines()[-1]
    assert ended.value.code == 2
    assert f"argument --{option}: " in error
    assert example in error


def test_a_malformed_environment_is_refused_by_the_name_of_its_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse([], ENVIRONMENT | {"BIGQUERY_DATASET_ID": "no dataset"})
    assert "argument --events_table: 'my-project.no dataset.events'" in capsys.readouterr().err


def test_two_sources_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([SUBSCRIPTION, "--input_files=events.jsonl"], ENVIRONMENT)
    assert "--input_files: not allowed with argument --input_sub" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("--max_event_agedays=30", "--max_event_age_days"),
        ("--event_table", "--events_table"),
        ("--input-subscription=x", "--input_subscription"),
        ("--deduplicat", "--deduplicate"),
    ],
)
def test_a_misspelt_option_is_refused_with_the_nearest_name(
    misspelt: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([SUBSCRIPTION, misspelt], ENVIRONMENT)
    assert ended.value.code == 2
    name = misspelt.partition("=")[0]
    error = capsys.readouterr().err
    assert error.endswith(f"unknown option {name}: do you mean {meant}?\n")


def test_help_shows_each_default() -> None:
    shown = " ".join(parser(ENVIRONMENT).format_help().split())
    for default in ("Default: 365.", "Default: STORAGE_WRITE_API."):
        assert default in shown
