# One environment, with its state in a bucket of its own:
#   terraform init -backend-config=bucket=NAME
terraform {
  required_version = ">= 1.9"

  backend "gcs" {
    prefix = "aegis/staging"
  }
}

variable "edge_image" {
  description = "The edge's image by digest; empty: builds create the service."
  type        = string
  default     = ""
}

variable "console_image" {
  description = "The console's image by digest, with CONSOLE_SERVICE; empty: builds create the service."
  type        = string
  default     = ""
}

variable "revision" {
  description = "The published spec that the job is started from; empty: builds start the job."
  type        = string
  default     = ""
}

module "aegis" {
  source = "../.."

  environment   = "staging"
  edge_image    = var.edge_image
  console_image = var.console_image
  revision      = var.revision
}
