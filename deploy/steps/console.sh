#!/usr/bin/env bash
# Deploys the console behind Identity-Aware Proxy, if the settings name a service for it. Who may
# pass the proxy is granted once, by hand: docs/deploy.md, "The console".
#
#   deploy/steps/console.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
# shellcheck source=deploy/steps/service.sh
source deploy/steps/service.sh
if [[ -z $CONSOLE_SERVICE ]]; then
  echo "CONSOLE_SERVICE is empty: there is no console"
  exit 0
fi
refuse_older

number=$(gcloud projects describe "$GCP_PROJECT_ID" --format='value(projectNumber)')
variables=(
  "GCP_PROJECT_ID=$GCP_PROJECT_ID"
  "PUB_SUB_TOPIC_ID=$PUB_SUB_TOPIC_ID"
  "BIGQUERY_DATASET_ID=$BIGQUERY_DATASET_ID"
  "BIGQUERY_TABLE_ID=$BIGQUERY_TABLE_ID"
  "MAX_EVENT_AGE_DAYS=$MAX_EVENT_AGE_DAYS"
  "CONSOLE_ACCESS=iap"
  "CONSOLE_IAP_AUDIENCE=/projects/$number/locations/$REGION/services/$CONSOLE_SERVICE"
  "CONSOLE_OPERATORS=$CONSOLE_OPERATORS"
)
secrets="CONSOLE_SECRET_KEY=$CONSOLE_SECRET:latest"
[[ -z $USER_ID_HMAC_KEY_SECRET ]] || secrets+=",USER_ID_HMAC_KEY=$USER_ID_HMAC_KEY_SECRET:latest"
# One instance, with CPU outside of requests too: a replay runs in the console's process.
gcloud beta run deploy "$CONSOLE_SERVICE" --region="$REGION" --quiet \
  --image="$(<build/release/console.image)" --service-account="$(email "$CONSOLE_ACCOUNT")" \
  --iap --no-allow-unauthenticated --max-instances=1 --no-cpu-throttling --memory=1Gi \
  --set-env-vars="^;^$(IFS=';'; echo "${variables[*]}")" --set-secrets="$secrets" \
  --labels="revision=$(<build/release/revision),version=$(tr . - <build/release/version)"
