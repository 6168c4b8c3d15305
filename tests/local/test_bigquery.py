"""The stack's BigQuery can be kept up, and does no work twice."""

from datetime import UTC, datetime
from unittest.mock import create_autospec

import pyarrow as pa
import pytest
from bqemulator.catalog.models import JobMeta
from bqemulator.config import Settings
from bqemulator.jobs.executor import JOB_RESULTS
from bqemulator.storage.engine import DuckDBEngine
from sqlglot import parse_one
from sqlglot.dialects.dialect import Dialect

from local.bigquery import forgetful
from local.bigquery.forgetful import ForgetfulCatalog
from local.bigquery.parsed_once import parse_once
from tests.warehouse import Warehouse, dead_letter


def done(job_id: str) -> JobMeta:
    return JobMeta(
        project_id="p",
        job_id=job_id,
        job_type="QUERY",
        state="DONE",
        configuration={},
        creation_time=datetime.now(UTC),
        etag="",
    )


def test_no_earlier_state_of_a_table_is_kept(warehouse: Warehouse) -> None:
    for _ in range(2):
        warehouse.append("dead_letters", [dead_letter(b"{")])
    an_hour_ago = "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)"
    sql = f"SELECT 1 FROM `{warehouse.dead_letters}` FOR SYSTEM_TIME AS OF {an_hour_ago}"  # noqa: S608
    assert len(list(warehouse.client.query(sql).result())) == 2


def test_the_results_of_the_last_queries_alone_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetful, "MAX_JOBS", 2)
    catalog = ForgetfulCatalog(DuckDBEngine(Settings()))
    for job_id in ("first", "second", "third"):
        monkeypatch.setitem(JOB_RESULTS, job_id, pa.table({}))
        catalog.upsert_job(done(job_id))
    assert {job.job_id for job in catalog.list_jobs("p")} == {"second", "third"}
    assert JOB_RESULTS.keys() == {"second", "third"}


def test_a_statement_is_parsed_once_and_every_caller_may_change_its_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenize = create_autospec(Dialect.tokenize, side_effect=Dialect.tokenize)
    monkeypatch.setattr(Dialect, "tokenize", tokenize)
    monkeypatch.setattr(Dialect, "parse", parse_once)
    sql = "SELECT a FROM parsed_once"
    trees = [parse_one(sql, "bigquery") for _ in range(2)]
    trees[0].set("expressions", [])
    assert trees[1].sql() == sql
    assert tokenize.call_count == 1
