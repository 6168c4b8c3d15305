# What deploy/resources.sh creates, with the same properties.
resource "google_project_service" "api" {
  for_each = toset([
    "artifactregistry", "bigquery", "bigquerystorage", "cloudbuild", "cloudresourcemanager", "compute",
    "dataflow", "iam", "iamcredentials", "iap", "logging", "monitoring", "pubsub", "run", "secretmanager",
    "storage",
  ])

  project            = local.project
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

resource "google_service_account" "account" {
  for_each = {
    edge     = { id = local.settings.EDGE_ACCOUNT, name = "Aegis edge: publishes events" }
    pipeline = { id = local.settings.PIPELINE_ACCOUNT, name = "Aegis pipeline: Dataflow workers" }
    deployer = { id = local.settings.DEPLOYER_ACCOUNT, name = "Aegis deployer: Cloud Build" }
  }

  account_id   = each.value.id
  display_name = each.value.name
  depends_on   = [google_project_service.api]
}

resource "google_pubsub_topic" "events" {
  name       = local.settings.PUB_SUB_TOPIC_ID
  depends_on = [google_project_service.api]
}

resource "google_pubsub_subscription" "pipeline" {
  name                       = local.settings.PUB_SUB_SUBSCRIPTION_ID
  topic                      = google_pubsub_topic.events.id
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = "" # never
  }

  # Another name in the settings would otherwise delete it, with all that waits in it.
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_bigquery_dataset" "aegis" {
  dataset_id = local.settings.BIGQUERY_DATASET_ID
  location   = local.settings.BIGQUERY_LOCATION
  depends_on = [google_project_service.api]
}

resource "google_bigquery_table" "table" {
  for_each = local.tables

  dataset_id          = google_bigquery_dataset.aegis.dataset_id
  table_id            = each.key == "events" ? local.settings.BIGQUERY_TABLE_ID : each.key
  description         = each.value.description
  schema              = file("${local.repository}/schemas/${each.key}.table.json")
  clustering          = each.value.clustering
  deletion_protection = true

  time_partitioning {
    type          = "DAY"
    field         = each.value.partition
    expiration_ms = tonumber(each.key == "events" ? local.settings.EVENTS_EXPIRATION_DAYS : local.settings.DEAD_LETTERS_EXPIRATION_DAYS) * local.days_ms
  }
}

locals {
  tables       = jsondecode(file("${local.repository}/schemas/tables.json"))
  events       = "${local.project}.${local.settings.BIGQUERY_DATASET_ID}.${local.settings.BIGQUERY_TABLE_ID}"
  deduplicated = "${local.settings.BIGQUERY_TABLE_ID}_deduplicated"
}

resource "google_bigquery_table" "deduplicated" {
  dataset_id          = google_bigquery_dataset.aegis.dataset_id
  table_id            = local.deduplicated
  deletion_protection = false

  view {
    query          = replace(file("${local.repository}/schemas/events_deduplicated.sql"), "$${events_table}", local.events)
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_routine" "events_between" {
  dataset_id      = google_bigquery_dataset.aegis.dataset_id
  routine_id      = "events_between"
  routine_type    = "TABLE_VALUED_FUNCTION"
  language        = "SQL"
  definition_body = replace(file("${local.repository}/schemas/events_between.sql"), "$${events_table}", local.events)

  dynamic "arguments" {
    for_each = ["since", "until"] # in their order
    content {
      name      = arguments.value
      data_type = jsonencode({ typeKind = "TIMESTAMP" })
    }
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "report" {
  for_each = fileset("${local.repository}/schemas/reports", "*.sql")

  dataset_id          = google_bigquery_dataset.aegis.dataset_id
  table_id            = trimsuffix(each.value, ".sql")
  deletion_protection = false

  view {
    query = replace(
      file("${local.repository}/schemas/reports/${each.value}"),
      "$${events_deduplicated}", "${local.events}_deduplicated"
    )
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.deduplicated]
}

resource "google_storage_bucket" "staging" {
  name                        = local.settings.STAGING_BUCKET
  location                    = local.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  soft_delete_policy {
    retention_duration_seconds = 0 # it would bill a week of every temporary file
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["temp/"]
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }
}

resource "google_artifact_registry_repository" "images" {
  repository_id = local.settings.ARTIFACT_REPOSITORY
  location      = local.region
  format        = "DOCKER"
  depends_on    = [google_project_service.api]
}

# The first version of each is added by hand, so that no value is in Terraform's state:
#   head -c 32 /dev/urandom | base64 | gcloud secrets versions add NAME --data-file=-
resource "google_secret_manager_secret" "secret" {
  for_each  = local.secrets
  secret_id = each.value

  replication {
    auto {}
  }

  depends_on = [google_project_service.api]
}
