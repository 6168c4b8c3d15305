# shellcheck shell=bash
# Alerts, who is told of them, and the dashboard; setup.sh sources this file.
# shellcheck disable=SC2154

# The edge logs each refusal with its code; Cloud Monitoring cannot see a code but by such a metric.
rejections_metric() {
  local config
  config=$(mktemp)
  python3 -m deploy.monitoring.render "$ENVIRONMENT" deploy/monitoring/rejections.json >"$config"
  ensure "metric $REJECTIONS_METRIC" gcloud logging metrics describe "$REJECTIONS_METRIC" -- \
    gcloud logging metrics create "$REJECTIONS_METRIC" --config-from-file="$config"
  rm "$config"
}

notification_channel() {
  CHANNELS=()
  if [[ -z $ALERT_EMAIL ]]; then
    report differs "ALERT_EMAIL is empty: alerts open incidents, but nobody is told"
    return
  fi
  ensure "notification channel $ALERT_EMAIL" has_channel -- \
    gcloud beta monitoring channels create --display-name="Aegis: $ALERT_EMAIL" --type=email \
    --channel-labels="email_address=$ALERT_EMAIL" --user-labels=service=aegis
  ((${#CHANNELS[@]})) || has_channel || true
}

has_channel() {
  local name
  name=$(gcloud beta monitoring channels list --filter="displayName=\"Aegis: $ALERT_EMAIL\"" \
    --format='value(name)' --limit=1)
  [[ -n $name ]] && CHANNELS=("$name")
}

alert_policies() {
  local existing rendered folder name content
  existing=$(gcloud alpha monitoring policies list --filter='userLabels.service=aegis' \
    --format='value(userLabels.alert,userLabels.content)')
  folder=$(mktemp -d)
  rendered=$(python3 -m deploy.monitoring.render "$ENVIRONMENT" --alerts "$folder" "${CHANNELS[@]}")
  while read -r name content; do
    ensure "alert $name" grep -q "^$name	" - <<<"$existing" -- \
      gcloud alpha monitoring policies create --policy-from-file="$folder/$name.json"
    [[ $existing != *"$name	"* ]] || compare "alert $name" "$content" \
      "$(sed -n "s/^$name	//p" <<<"$existing")"
  done <<<"$rendered"
  rm -r "$folder"
}

has_dashboard() {
  [[ -n $(gcloud monitoring dashboards list --filter="displayName=\"$DASHBOARD\"" \
    --format='value(name)') ]]
}

dashboard() {
  local config
  config=$(mktemp)
  python3 -m deploy.monitoring.render "$ENVIRONMENT" deploy/monitoring/dashboard.json >"$config"
  ensure "dashboard" has_dashboard -- \
    gcloud monitoring dashboards create --config-from-file="$config"
  rm "$config"
}
