"""Fixtures for every area."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from local.bigquery.start import start_bigquery
from local.process import Process, accepts
from local.process import free_port as find_free_port
from local.pubsub.server import PubSubServer
from tests.fault_matrix import FaultMatrix
from tests.machine import pubsub_emulator, require
from tests.rehearsal.warm.start import warm_pipeline, warm_sdk
from tests.warehouse import Warehouse

TESTS = Path(__file__).parent

# A machine that is busy with something else must fail no test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Folders and files whose tests drive gcloud, a browser, an image, a runner or whole processes, or
# move many megabytes.
SLOW = (
    "clients",
    "console",
    "deploy",
    "end_to_end",
    "examples",
    "flex_template/bigquery/group_commit/test_random_faults.py",
    "flex_template/bigquery/test_spans.py",
    "flex_template/bigquery/test_streaming_inserts.py",
    "flex_template/golden/test_golden_run.py",
    "flex_template/one_machine/test_backfill.py",
    "flex_template/one_machine/test_measurements.py",
    "flex_template/one_machine/test_subscriptions.py",
    "flex_template/replay/test_batches.py",
    "flex_template/test_stages.py",
    "flex_template/test_streaming.py",
    "ingest_function/http/test_hostile_ends.py",
    "ingest_function/http/test_patience.py",
    "ingest_function/test_hosts.py",
    "ingest_function/test_openapi.py",
    "template",
)
# Fixtures that start a BigQuery, Google's emulator or a service in a process of its own.
SLOW_FIXTURES = ("bigquery_variables", "google_emulator", "stage")
# Fixtures that live for the session and take long to start: one worker runs all tests of each.
SHARED_FIXTURES = (
    "builder",
    "container",
    "project",
    "cloud",
    "stack",
    "environment_folder",
    "running",
)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the reports of all workers come together here
        config.pluginmanager.register(FaultMatrix(config))


def pytest_xdist_auto_num_workers() -> int:
    """Two workers a core: the long stories wait for other programs half of their time."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that a collection imports becomes garbage: no pass has to walk it, then or later."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take long, and keep those that share a long start on one worker."""
    for item in items:
        path = str(item.path.relative_to(TESTS))
        fixtures = set(getattr(item, "fixturenames", ()))
        if path.startswith(SLOW) or fixtures & set(SLOW_FIXTURES):
            item.add_marker(pytest.mark.slow)
        shared = fixtures & set(SHARED_FIXTURES)
        if shared:
            item.add_marker(pytest.mark.xdist_group("+".join(sorted(shared))))


@pytest.fixture
def pubsub_server() -> Iterator[PubSubServer]:
    """Our in-memory Pub/Sub, empty, with faults to order."""
    with PubSubServer() as server:
        yield server


@pytest.fixture(scope="session")
def google_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Google's Pub/Sub emulator as host:port."""
    port = find_free_port()
    command = pubsub_emulator(port)
    with Process("pubsub", command, {}, tmp_path_factory.mktemp("pubsub")) as process:
        process.wait_until(lambda: accepts(port), 120)
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def google_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the environment of a fast `gcloud` and `bq` has beside PATH."""
    require("gcloud", "bq")
    with warm_sdk(tmp_path_factory.mktemp("sdk")) as environment:
        yield environment


@pytest.fixture(scope="session")
def launcher_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The interpreter of Dataflow's launcher, which has imported Beam already."""
    with warm_pipeline(tmp_path_factory.mktemp("launcher")) as python:
        yield python


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    """A machine without /etc/hosts knows no "localhost", which pytest-httpserver would bind."""
    return "127.0.0.1", 0


@pytest.fixture
def free_port() -> int:
    return find_free_port()


@pytest.fixture(scope="session")
def bigquery_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of clients of one emulator, which each test gives a dataset of its own."""
    with start_bigquery(tmp_path_factory.mktemp("bigquery")) as emulator:
        yield emulator.variables


@pytest.fixture
def warehouse(
    bigquery_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    for name, value in bigquery_variables.items():
        monkeypatch.setenv(name, value)
    warehouse = Warehouse()
    yield warehouse
    warehouse.client.close()
