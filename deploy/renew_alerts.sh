#!/usr/bin/env bash
# Puts the alerts and the dashboard back to what this version and the settings say. Set-up only tells
# that one differs, because somebody may have changed it on purpose.
#
#   deploy/renew_alerts.sh production            say which alerts would be renewed
#   deploy/renew_alerts.sh production --apply    renew them; each keeps its notification channels
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh
# shellcheck source=deploy/monitoring.sh
source deploy/monitoring.sh

renew_alert() { # NAME ALERT CONTENT CHANNELS
  local file=deploy/monitoring/alerts/$2.json channels
  if [[ ! -e $file ]]; then
    report differs "alert $2 is none of this version's"
    return
  fi
  IFS=';' read -ra channels <<<"$4"
  python3 -m deploy.monitoring.render "$ENVIRONMENT" "$file" "${channels[@]}" >"$policy"
  if grep -qF "\"content\": \"$3\"" "$policy"; then
    report exists "alert $2"
  else
    act renew "alert $2" gcloud alpha monitoring policies update "$1" --policy-from-file="$policy"
  fi
}

renew_dashboard() {
  local name
  name=$(gcloud monitoring dashboards list --filter="displayName=\"$DASHBOARD\"" \
    --format='value(name)' --limit=1)
  [[ -z $name ]] || act delete "dashboard ${name##*/}" gcloud monitoring dashboards delete "$name"
  [[ $APPLY == no ]] || dashboard
}

check_access
policy=$(mktemp)
trap 'rm "$policy"' EXIT
found=$(gcloud alpha monitoring policies list --filter='userLabels.service=aegis' \
  --format='csv[no-heading,separator="|"](name,userLabels.alert,userLabels.content,notificationChannels.list(separator=";"))')
while IFS='|' read -r name alert content channels; do
  [[ -z $name ]] || renew_alert "$name" "$alert" "$content" "$channels"
done <<<"$found"
renew_dashboard
[[ $APPLY == yes ]] || echo "Nothing was changed; run again with --apply to renew."
