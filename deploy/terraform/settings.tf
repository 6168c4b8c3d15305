# The same file that set-up, Cloud Build and the alerts read: deploy/environments/NAME.env.
variable "environment" {
  description = "Name of a settings file in deploy/environments, without .env."
  type        = string
}

variable "edge_image" {
  description = "The edge's image by digest, as a build's step `build` prints it; empty: builds create the service."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|@sha256:[0-9a-f]{64}$", var.edge_image))
    error_message = "An image without a digest can still move."
  }
}

variable "revision" {
  description = "The published spec that the job is started from, templates/REVISION.json in the bucket; empty: builds start the job."
  type        = string
  default     = ""
}

locals {
  repository = "${path.module}/../.."
  lines      = split("\n", file("${local.repository}/deploy/environments/${var.environment}.env"))
  settings = {
    for line in local.lines : split("=", line)[0] => join("=", slice(split("=", line), 1, length(split("=", line))))
    if can(regex("^[A-Z_]+=", line))
  }
  project      = local.settings.GCP_PROJECT_ID
  region       = local.settings.REGION
  days_ms      = 86400000
  hmac         = local.settings.USER_ID_HMAC_KEY_SECRET == "" ? [] : [local.settings.USER_ID_HMAC_KEY_SECRET]
  edge_secrets = toset(concat([local.settings.API_KEYS_SECRET], local.hmac))
  secrets      = setunion(local.edge_secrets, local.console_secrets)
  edge         = "serviceAccount:${google_service_account.account["edge"].email}"
  workers      = "serviceAccount:${google_service_account.account["pipeline"].email}"
  builder      = "serviceAccount:${google_service_account.account["deployer"].email}"
}

provider "google" {
  project = local.project
  region  = local.region
}

# For what the other has not: flex templates, and Identity-Aware Proxy of a service.
provider "google-beta" {
  project = local.project
  region  = local.region
}
