# Who may do what, as in deploy/grants.sh: members are added, and nobody else's grant is touched.
resource "google_project_iam_member" "grant" {
  for_each = {
    "pipeline roles/dataflow.worker"                   = local.workers
    "pipeline roles/viewer"                            = local.workers
    "deployer roles/bigquery.jobUser"                  = local.builder
    "deployer roles/cloudbuild.builds.builder"         = local.builder
    "deployer roles/dataflow.developer"                = local.builder
    "deployer roles/run.developer"                     = local.builder
    "deployer roles/run.invoker"                       = local.builder
    "deployer roles/serviceusage.serviceUsageConsumer" = local.builder
  }

  project = local.project
  role    = split(" ", each.key)[1]
  member  = each.value
}

resource "google_pubsub_topic_iam_member" "grant" {
  for_each = { "edge roles/pubsub.publisher" = local.edge }

  topic  = google_pubsub_topic.events.name
  role   = split(" ", each.key)[1]
  member = each.value
}

resource "google_pubsub_subscription_iam_member" "grant" {
  for_each = {
    "pipeline roles/pubsub.subscriber" = local.workers
    "pipeline roles/pubsub.viewer"     = local.workers
    "deployer roles/pubsub.subscriber" = local.builder
  }

  subscription = google_pubsub_subscription.pipeline.name
  role         = split(" ", each.key)[1]
  member       = each.value
}

resource "google_secret_manager_secret_iam_member" "edge" {
  for_each = local.edge_secrets

  secret_id = google_secret_manager_secret.secret[each.value].id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.edge
}

resource "google_secret_manager_secret_iam_member" "deployer" {
  secret_id = google_secret_manager_secret.secret[local.settings.API_KEYS_SECRET].id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.builder
}

resource "google_bigquery_table_iam_member" "pipeline" {
  for_each = toset(["events", "dead_letters"])

  dataset_id = google_bigquery_dataset.aegis.dataset_id
  table_id   = google_bigquery_table.table[each.value].table_id
  role       = "roles/bigquery.dataEditor"
  member     = local.workers
}

resource "google_bigquery_table_iam_member" "deployer" {
  dataset_id = google_bigquery_dataset.aegis.dataset_id
  table_id   = google_bigquery_table.table["events"].table_id
  role       = "roles/bigquery.dataViewer"
  member     = local.builder
}

resource "google_storage_bucket_iam_member" "grant" {
  for_each = {
    "pipeline roles/storage.objectAdmin" = local.workers
    "deployer roles/storage.objectAdmin" = local.builder
  }

  bucket = google_storage_bucket.staging.name
  role   = split(" ", each.key)[1]
  member = each.value
}

resource "google_artifact_registry_repository_iam_member" "grant" {
  for_each = {
    "pipeline roles/artifactregistry.reader" = local.workers
    "deployer roles/artifactregistry.writer" = local.builder
  }

  location   = local.region
  repository = google_artifact_registry_repository.images.name
  role       = split(" ", each.key)[1]
  member     = each.value
}

resource "google_service_account_iam_member" "grant" {
  for_each = {
    "edge roles/iam.serviceAccountUser"                   = google_service_account.account["edge"].name
    "pipeline roles/iam.serviceAccountUser"               = google_service_account.account["pipeline"].name
    "deployer roles/iam.serviceAccountOpenIdTokenCreator" = google_service_account.account["deployer"].name
  }

  service_account_id = each.value
  role               = split(" ", each.key)[1]
  member             = local.builder
}
