"""What bqemulator would keep until it ends: gigabytes in an hour of a stack that is kept up."""

from bqemulator.catalog.models import JobMeta, SnapshotMeta
from bqemulator.jobs.executor import JOB_RESULTS, JOB_SCHEMAS
from bqemulator.versioning.snapshots import SnapshotManager

from local.bigquery.growing_catalog import GrowingCatalog

MAX_JOBS = 500  # whose results can still be read, page by page


class NoTimeTravel(SnapshotManager):
    """Copies no table: bqemulator copies all its rows after each append, for `FOR SYSTEM_TIME`."""

    def capture(
        self, project_id: str, dataset_id: str, table_id: str, *, kind: str = "AUTO"
    ) -> SnapshotMeta | None:
        if kind == "AUTO":
            return None
        return super().capture(project_id, dataset_id, table_id, kind=kind)


class ForgetfulCatalog(GrowingCatalog):
    """Keeps the results of the last queries alone."""

    def upsert_job(self, job: JobMeta) -> JobMeta:
        super().upsert_job(job)
        while len(self._jobs) > MAX_JOBS:
            oldest = next(iter(self._jobs))
            self.delete_job(*oldest)
            _, job_id = oldest
            JOB_RESULTS.pop(job_id, None)
            JOB_SCHEMAS.pop(job_id, None)
        return job
