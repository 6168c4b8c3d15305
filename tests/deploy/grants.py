"""The roles that set-up and Terraform give, and no others: (resource, account) by role."""

from schemas import TABLES
from schemas.reports import REPORTS
from tests.deploy.project import PROJECT

GRANTS = {
    "roles/pubsub.publisher": {("events", "aegis-edge"), ("events", "aegis-console")},
    "roles/secretmanager.secretAccessor": {
        ("aegis-api-keys", "aegis-edge"),
        ("aegis-user-id-hmac-key", "aegis-edge"),
        ("aegis-api-keys", "aegis-deployer"),
        ("aegis-console-key", "aegis-console"),
        ("aegis-user-id-hmac-key", "aegis-console"),
    },
    "roles/dataflow.worker": {(PROJECT, "aegis-pipeline")},
    "roles/viewer": {(PROJECT, "aegis-pipeline")},
    "roles/pubsub.subscriber": {
        ("events-pipeline", "aegis-pipeline"),
        ("events-pipeline", "aegis-deployer"),
    },
    "roles/pubsub.viewer": {("events-pipeline", "aegis-pipeline")},
    "roles/bigquery.dataEditor": {
        ("events", "aegis-pipeline"),
        ("dead_letters", "aegis-pipeline"),
        *((table, "aegis-console") for table in TABLES),
    },
    "roles/artifactregistry.reader": {("aegis", "aegis-pipeline")},
    "roles/artifactregistry.writer": {("aegis", "aegis-deployer")},
    "roles/storage.objectAdmin": {
        (f"{PROJECT}-aegis", "aegis-pipeline"),
        (f"{PROJECT}-aegis", "aegis-deployer"),
    },
    "roles/cloudbuild.builds.builder": {(PROJECT, "aegis-deployer")},
    "roles/dataflow.developer": {(PROJECT, "aegis-deployer")},
    "roles/run.developer": {(PROJECT, "aegis-deployer")},
    "roles/serviceusage.serviceUsageConsumer": {(PROJECT, "aegis-deployer")},
    "roles/run.invoker": {(PROJECT, "aegis-deployer")},
    "roles/bigquery.jobUser": {(PROJECT, "aegis-deployer"), (PROJECT, "aegis-console")},
    "roles/bigquery.dataViewer": {
        ("events", "aegis-deployer"),
        *((view, "aegis-console") for view in ("events_deduplicated", *REPORTS)),
    },
    "roles/iam.serviceAccountUser": {
        (f"{account}@{PROJECT}.iam.gserviceaccount.com", "aegis-deployer")
        for account in ("aegis-edge", "aegis-pipeline", "aegis-console")
    },
    "roles/iam.serviceAccountOpenIdTokenCreator": {
        (f"aegis-deployer@{PROJECT}.iam.gserviceaccount.com", "aegis-deployer")
    },
}
