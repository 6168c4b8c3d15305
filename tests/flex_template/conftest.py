"""A BigQuery that keeps what it is sent and fails to order."""

from collections.abc import Iterator

import pytest

from flex_template.bigquery.append_stream import EMULATOR_VARIABLE
from local.bigquery.write_server import BigQueryWriteServer
from tests.flex_template.bigquery.appending import FAST, Writer, writing


@pytest.fixture
def bigquery(monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryWriteServer]:
    with BigQueryWriteServer() as server:
        monkeypatch.setenv(EMULATOR_VARIABLE, server.host)
        yield server


@pytest.fixture
def retries() -> list[None]:
    return []


@pytest.fixture
def writer(bigquery: BigQueryWriteServer, retries: list[None]) -> Iterator[Writer]:
    assert bigquery.requests == 0
    with writing(FAST, retries) as writer:
        yield writer
