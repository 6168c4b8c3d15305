# The files of deploy/monitoring, filled in as deploy/monitoring/render.py does.
locals {
  monitoring = "${local.repository}/deploy/monitoring"
  alerts = {
    for file in fileset("${local.monitoring}/alerts", "*.json") : trimsuffix(file, ".json") => {
      text   = templatefile("${local.monitoring}/alerts/${file}", local.settings)
      policy = jsondecode(templatefile("${local.monitoring}/alerts/${file}", local.settings))
    }
  }
  rejections = jsondecode(templatefile("${local.monitoring}/rejections.json", local.settings))
}

resource "google_logging_metric" "rejections" {
  name             = local.rejections.name
  description      = local.rejections.description
  filter           = local.rejections.filter
  label_extractors = local.rejections.labelExtractors

  metric_descriptor {
    metric_kind = local.rejections.metricDescriptor.metricKind
    value_type  = local.rejections.metricDescriptor.valueType
    unit        = local.rejections.metricDescriptor.unit

    labels {
      key         = local.rejections.metricDescriptor.labels[0].key
      value_type  = local.rejections.metricDescriptor.labels[0].valueType
      description = local.rejections.metricDescriptor.labels[0].description
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_notification_channel" "email" {
  count = local.settings.ALERT_EMAIL == "" ? 0 : 1

  display_name = "Aegis: ${local.settings.ALERT_EMAIL}"
  type         = "email"
  labels       = { email_address = local.settings.ALERT_EMAIL }
  user_labels  = { service = "aegis" }
  depends_on   = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "alert" {
  for_each = local.alerts

  display_name          = each.value.policy.displayName
  combiner              = each.value.policy.combiner
  severity              = each.value.policy.severity
  notification_channels = google_monitoring_notification_channel.email[*].name
  user_labels = merge(each.value.policy.userLabels, {
    alert   = each.key
    content = substr(sha256(each.value.text), 0, 16)
  })

  documentation {
    content   = each.value.policy.documentation.content
    mime_type = each.value.policy.documentation.mimeType
  }

  conditions {
    display_name = each.value.policy.conditions[0].displayName

    condition_prometheus_query_language {
      query                     = each.value.policy.conditions[0].conditionPrometheusQueryLanguage.query
      duration                  = each.value.policy.conditions[0].conditionPrometheusQueryLanguage.duration
      evaluation_interval       = each.value.policy.conditions[0].conditionPrometheusQueryLanguage.evaluationInterval
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = each.value.policy.alertStrategy.autoClose
  }

  depends_on = [google_logging_metric.rejections]
}

resource "google_monitoring_dashboard" "aegis" {
  dashboard_json = templatefile("${local.monitoring}/dashboard.json", local.settings)
  depends_on     = [google_project_service.api]
}
