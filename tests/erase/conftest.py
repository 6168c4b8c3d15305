"""An empty dataset for the erasure."""

from collections.abc import Iterator

import pytest

from tests.replay.warehouse import Warehouse, start_bigquery


@pytest.fixture(scope="module")
def bigquery_variables() -> Iterator[dict[str, str]]:
    with start_bigquery() as variables:
        yield variables


@pytest.fixture
def warehouse(
    bigquery_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    for name, value in bigquery_variables.items():
        monkeypatch.setenv(name, value)
    warehouse = Warehouse()
    yield warehouse
    warehouse.client.close()
