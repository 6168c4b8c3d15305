# The edge and the job. Cloud Build replaces both without Terraform: what it changes is ignored here.
resource "google_cloud_run_v2_service" "edge" {
  name                = local.settings.EDGE_SERVICE
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

  lifecycle {
    ignore_changes = [template, traffic, client, client_version]
  }

  depends_on = [google_secret_manager_secret_iam_member.edge]
}

resource "google_dataflow_flex_template_job" "pipeline" {
  provider                = google-beta
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

  lifecycle {
    ignore_changes = [container_spec_gcs_path, labels]
  }

  depends_on = [google_project_iam_member.grant, google_bigquery_table_iam_member.pipeline]
}
