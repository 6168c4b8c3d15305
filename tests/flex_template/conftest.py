"""A BigQuery that keeps what it is sent and fails to order."""

from collections.abc import Iterator

import pytest

from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE
from flex_template.bigquery.group_commit.writer import TableWriter
from local.bigquery.write_server import BigQueryWriteServer
from tests.flex_template.bigquery.group_commit.appending import Bundle, writing


@pytest.fixture
def bigquery(monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryWriteServer]:
    with BigQueryWriteServer() as server:
        monkeypatch.setenv(EMULATOR_VARIABLE, server.host)
        yield server


@pytest.fixture
def writer(bigquery: BigQueryWriteServer) -> Iterator[TableWriter]:
    assert bigquery.requests == 0
    with writing() as writer:
        yield writer


@pytest.fixture
def bundle(writer: TableWriter) -> Bundle:
    return Bundle(writer)


@pytest.fixture
def a_request_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each append is a request of its own, and all go over one stream."""
    monkeypatch.setattr("flex_template.bigquery.group_commit.writer.FULL_ROWS", 1)
    monkeypatch.setattr("flex_template.bigquery.group_commit.streams.MAX_STREAMS", 1)
