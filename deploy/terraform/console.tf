# The console behind Identity-Aware Proxy, if the settings name a service for it. Who may pass the
# proxy is granted by hand: docs/deploy.md, "The console".
variable "console_image" {
  description = "The console's image by digest, with CONSOLE_SERVICE; empty: builds create the service."
  type        = string
  default     = ""
}

data "google_project" "this" {
  for_each   = local.console_service
  depends_on = [google_project_service.api]
}

locals {
  has_console     = local.settings.CONSOLE_SERVICE != ""
  console         = local.has_console ? toset([local.settings.CONSOLE_SERVICE]) : toset([])
  console_service = var.console_image == "" ? toset([]) : local.console
  console_secrets = setunion(local.has_console ? [local.settings.CONSOLE_SECRET] : [], local.has_console ? local.hmac : [])
  operator        = "serviceAccount:${local.settings.CONSOLE_ACCOUNT}@${local.project}.iam.gserviceaccount.com"
}

resource "google_service_account" "console" {
  for_each = local.console

  account_id   = local.settings.CONSOLE_ACCOUNT
  display_name = "Aegis console: reads, replays, erases"
  depends_on   = [google_project_service.api]
}

resource "google_project_iam_member" "console" {
  for_each = local.console

  project    = local.project
  role       = "roles/bigquery.jobUser"
  member     = local.operator
  depends_on = [google_service_account.console]
}

resource "google_pubsub_topic_iam_member" "console" {
  for_each = local.console

  topic      = google_pubsub_topic.events.name
  role       = "roles/pubsub.publisher"
  member     = local.operator
  depends_on = [google_service_account.console]
}

resource "google_secret_manager_secret_iam_member" "console" {
  for_each = local.console_secrets

  secret_id  = google_secret_manager_secret.secret[each.value].id
  role       = "roles/secretmanager.secretAccessor"
  member     = local.operator
  depends_on = [google_service_account.console]
}

resource "google_bigquery_table_iam_member" "console" {
  for_each = { for name, table in google_bigquery_table.table : name => table.table_id if local.has_console }

  dataset_id = google_bigquery_dataset.aegis.dataset_id
  table_id   = each.value
  role       = "roles/bigquery.dataEditor"
  member     = local.operator
  depends_on = [google_service_account.console]
}

resource "google_bigquery_table_iam_member" "console_views" {
  for_each = {
    for name, view in merge({ deduplicated = google_bigquery_table.deduplicated }, google_bigquery_table.report) :
    name => view.table_id if local.has_console
  }

  dataset_id = google_bigquery_dataset.aegis.dataset_id
  table_id   = each.value
  role       = "roles/bigquery.dataViewer"
  member     = local.operator
  depends_on = [google_service_account.console]
}

resource "google_service_account_iam_member" "console" {
  for_each = google_service_account.console

  service_account_id = each.value.name
  role               = "roles/iam.serviceAccountUser"
  member             = local.builder
}

resource "google_cloud_run_v2_service" "console" {
  for_each = local.console_service
  provider = google-beta # iap_enabled is in no other

  name                = each.value
  location            = local.region
  launch_stage        = "BETA"
  iap_enabled         = true
  deletion_protection = false

  template {
    service_account = google_service_account.console[each.value].email

    scaling {
      max_instance_count = 1 # a replay runs in the console's process
    }

    containers {
      image = var.console_image

      resources {
        limits   = { cpu = "1", memory = "1Gi" }
        cpu_idle = false
      }

      dynamic "env" {
        for_each = merge(
          { for name in ["GCP_PROJECT_ID", "PUB_SUB_TOPIC_ID", "BIGQUERY_DATASET_ID", "BIGQUERY_TABLE_ID",
          "MAX_EVENT_AGE_DAYS", "CONSOLE_OPERATORS"] : name => local.settings[name] },
          {
            CONSOLE_ACCESS       = "iap"
            CONSOLE_IAP_AUDIENCE = "/projects/${data.google_project.this[each.value].number}/locations/${local.region}/services/${each.value}"
          },
        )
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = merge(
          { CONSOLE_SECRET_KEY = local.settings.CONSOLE_SECRET },
          { for secret in local.hmac : "USER_ID_HMAC_KEY" => secret },
        )
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [template, traffic, client, client_version]
  }

  depends_on = [google_secret_manager_secret_iam_member.console]
}
