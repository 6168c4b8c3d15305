# The edge and the job, where the variables name an image and a spec. Otherwise builds create both.
resource "google_cloud_run_v2_service" "edge" {
  for_each = var.edge_image == "" ? toset([]) : toset([local.settings.EDGE_SERVICE])

  name                = each.value
  location            = local.region
  deletion_protection = true

  template {
    service_account                  = google_service_account.account["edge"].email
    max_instance_request_concurrency = tonumber(local.settings.EDGE_CONCURRENCY)

    scaling {
      min_instance_count = tonumber(local.settings.EDGE_MIN_INSTANCES)
      max_instance_count = tonumber(local.settings.EDGE_MAX_INSTANCES)
    }

    containers {
      image = var.edge_image

      resources {
        limits = { cpu = "1", memory = "512Mi" }
      }

      dynamic "env" {
        for_each = toset([
          "GCP_PROJECT_ID", "PUB_SUB_TOPIC_ID", "AUTH_MODE", "GOOGLE_ID_TOKEN_AUDIENCE",
          "ALLOWED_ORIGINS", "MAX_EVENT_AGE_DAYS", "PRIVACY", "REFUSED_EVENTS", "RATE_LIMITS",
          "RATE_LIMITS_DRY_RUN", "TRUSTED_PROXIES",
        ])
        content {
          name  = env.value
          value = local.settings[env.value]
        }
      }

      dynamic "env" {
        for_each = merge(
          local.settings.AUTH_MODE == "api_key" ? { API_KEYS = local.settings.API_KEYS_SECRET } : {},
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

  # Each build deploys a revision.
  lifecycle {
    ignore_changes = [template, traffic, client, client_version]
  }

  depends_on = [google_secret_manager_secret_iam_member.edge]
}

resource "terraform_data" "revision" {
  input = var.revision
}

# One owner only: the provider takes a job that a build has updated for one that is gone, and would
# start another of the same name. A new revision drains the job and starts it again: an update in
# place would send the earlier image, which the provider keeps in its state.
resource "google_dataflow_flex_template_job" "pipeline" {
  count    = var.revision == "" ? 0 : 1
  provider = google-beta

  name                    = local.settings.JOB_NAME
  region                  = local.region
  container_spec_gcs_path = "gs://${google_storage_bucket.staging.name}/templates/${var.revision}.json"
  service_account_email   = google_service_account.account["pipeline"].email
  staging_location        = "gs://${google_storage_bucket.staging.name}/staging"
  temp_location           = "gs://${google_storage_bucket.staging.name}/temp"
  max_workers             = tonumber(local.settings.MAX_WORKERS)
  enable_streaming_engine = true
  additional_experiments  = ["streaming_mode_at_least_once"]
  network                 = local.settings.NETWORK == "" ? null : local.settings.NETWORK
  subnetwork              = local.settings.SUBNETWORK == "" ? null : local.settings.SUBNETWORK
  ip_configuration        = local.settings.PUBLIC_ADDRESSES == "yes" ? "WORKER_IP_PUBLIC" : "WORKER_IP_PRIVATE"
  on_delete               = "drain"
  labels                  = { revision = var.revision }

  parameters = {
    input_subscription = google_pubsub_subscription.pipeline.id
    events_table       = local.events
    dead_letter_table  = "${local.project}.${local.settings.BIGQUERY_DATASET_ID}.dead_letters"
    max_event_age_days = local.settings.MAX_EVENT_AGE_DAYS
  }

  # It looks for a Python job's options under their names in Java, and finds none of them.
  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.revision]
  }

  depends_on = [google_project_iam_member.grant, google_bigquery_table_iam_member.pipeline]
}
