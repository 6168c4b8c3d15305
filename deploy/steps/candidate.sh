#!/usr/bin/env bash
# Deploys the edge beside the revision that serves, under a tag of its own and without traffic.
#
#   deploy/steps/candidate.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
# shellcheck source=deploy/steps/lock.sh
source deploy/steps/lock.sh
# shellcheck source=deploy/steps/service.sh
source deploy/steps/service.sh
hold_lock
revision=$(<build/release/revision)
refuse_older

# All of them on every deployment: what is not in the settings file is not in the service.
variables=(
  "GCP_PROJECT_ID=$GCP_PROJECT_ID"
  "PUB_SUB_TOPIC_ID=$PUB_SUB_TOPIC_ID"
  "AUTH_MODE=$AUTH_MODE"
  "GOOGLE_ID_TOKEN_AUDIENCE=$GOOGLE_ID_TOKEN_AUDIENCE"
  "ALLOWED_ORIGINS=$ALLOWED_ORIGINS"
  "MAX_EVENT_AGE_DAYS=$MAX_EVENT_AGE_DAYS"
  "PRIVACY=$PRIVACY"
  "REFUSED_EVENTS=$REFUSED_EVENTS"
  "RATE_LIMITS=$RATE_LIMITS"
  "RATE_LIMITS_DRY_RUN=$RATE_LIMITS_DRY_RUN"
  "TRUSTED_PROXIES=$TRUSTED_PROXIES"
)
secrets=()
[[ $AUTH_MODE != api_key ]] || secrets+=("API_KEYS=$API_KEYS_SECRET:latest")
[[ -z $USER_ID_HMAC_KEY_SECRET ]] || secrets+=("USER_ID_HMAC_KEY=$USER_ID_HMAC_KEY_SECRET:latest")
flags=(
  --service-account="$(email "$EDGE_ACCOUNT")"
  --concurrency="$EDGE_CONCURRENCY" --cpu=1 --memory=512Mi
  --min-instances="$EDGE_MIN_INSTANCES" --max-instances="$EDGE_MAX_INSTANCES"
  # Origins hold commas, so the variables are separated by semicolons.
  --set-env-vars="^;^$(IFS=';'; echo "${variables[*]}")"
  --labels="revision=$revision,version=$(tr . - <build/release/version),committed=$(<build/release/committed)"
)
((${#secrets[@]} == 0)) || flags+=(--set-secrets="$(IFS=,; echo "${secrets[*]}")")

# Of its own: a build that failed may have left another. A tag and the service's name together have
# at most 46 characters.
tag=candidate-$(printf %s "$revision" | sha256sum | head -c 8)
echo "$tag" >build/release/tag
if [[ -n $SERVING ]]; then
  flags+=(--no-traffic)
else
  # A new service has nothing to keep the traffic on, but it refuses strangers until it is opened.
  flags+=(--no-allow-unauthenticated)
fi
gcloud run deploy "$EDGE_SERVICE" --region="$REGION" --image="$(<build/release/edge.image)" \
  --tag="$tag" --quiet "${flags[@]}"
