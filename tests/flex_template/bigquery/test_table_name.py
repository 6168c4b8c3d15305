"""Every option and client reads a table's name in the same way."""

import pytest

from flex_template.bigquery.table_name import TableName
from flex_template.command_line import table


@pytest.mark.parametrize("text", ["my-project.aegis.events", "my-project:aegis.events"])
def test_both_separators_name_the_same_table(text: str) -> None:
    name = TableName.parse(text)
    assert name == ("my-project", "aegis", "events")
    assert str(name) == table(text) == "my-project.aegis.events"


def test_each_interface_gets_its_own_spelling() -> None:
    name = TableName.parse("my-project.aegis.events-2")
    assert name.with_colon == "my-project:aegis.events-2"
    assert name.default_stream == (
        "projects/my-project/datasets/aegis/tables/events-2/streams/_default"
    )
    assert str(name.beside("replays")) == "my-project.aegis.replays"
    assert name.full_dataset == "my-project.aegis"


@pytest.mark.parametrize(
    "text", ["example.com:my-project.aegis.events", "example.com:my-project:aegis.events"]
)
def test_a_domain_scoped_project_is_refused_by_that_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"^'example\.com:.* is in a domain-scoped project, "):
        TableName.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aegis.events",
        "my-project.aegis",
        "my-project.ae-gis.events",
        "my-project.aegis.events\n",
        "my-project.aegis.events`; DROP",
        "my-project.aegis.even.ts",
        "a.b.aegis.events",
        "my_project.aegis.events",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is malformed; example: my-project\.aegis\.events$"):
        TableName.parse(text)


def test_a_refused_name_is_shown_in_one_short_line() -> None:
    with pytest.raises(ValueError, match="is malformed") as refused:
        TableName.parse("a." * 5_000)
    assert len(str(refused.value)) < 300
