#!/usr/bin/env bash
# Starts the job from a published spec, or updates it in place, and waits until that job runs.
#
#   deploy/steps/job.sh ENVIRONMENT REVISION [FLAG...]
#
# FLAGs go to `gcloud dataflow flex-template run`. A refused or failed update leaves the old job.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
revision=${2:?give the REVISION of a published spec}
spec=$BUCKET/templates/$revision.json
WAIT_SECONDS=900

wait_until_it_runs() { # JOB_ID
  local state pause=1 deadline=$((SECONDS + WAIT_SECONDS))
  while ((SECONDS < deadline)); do
    state=$(gcloud dataflow jobs describe "$1" --region="$REGION" --format='value(currentState)')
    echo "job $1: $state"
    case $state in
      JOB_STATE_RUNNING) return 0 ;;
      JOB_STATE_FAILED | JOB_STATE_CANCELLED | JOB_STATE_DRAINED) return 1 ;;
    esac
    sleep "$pause"
    pause=$((pause < 15 ? pause * 2 : 15))
  done
  echo "job $1 does not run after $WAIT_SECONDS seconds" >&2
  return 1
}

flags=("${@:3}")
[[ -z $NETWORK ]] || flags+=(--network="$NETWORK")
[[ -z $SUBNETWORK ]] ||
  flags+=(--subnetwork="https://www.googleapis.com/compute/v1/projects/$GCP_PROJECT_ID/$SUBNETWORK")
[[ $PUBLIC_ADDRESSES == yes ]] || flags+=(--disable-public-ips)
running=$(gcloud dataflow jobs list --region="$REGION" --status=active --filter="name=$JOB_NAME" \
  --format='value(id)' --limit=1)
[[ -z $running ]] || flags+=(--update)

image=$(gcloud storage cat "$spec" | python3 -c 'import json, sys; print(json.load(sys.stdin)["image"])')
launched=$(gcloud dataflow flex-template run "$JOB_NAME" --region="$REGION" \
  --template-file-gcs-location="$spec" --format='value(job.id)' \
  --service-account-email="$(email "$PIPELINE_ACCOUNT")" \
  --staging-location="$BUCKET/staging" --temp-location="$BUCKET/temp" \
  --max-workers="$MAX_WORKERS" --enable-streaming-engine \
  --additional-experiments=streaming_mode_at_least_once \
  --additional-user-labels="revision=$revision" \
  --parameters="sdk_container_image=$image" \
  --parameters="input_subscription=projects/$GCP_PROJECT_ID/subscriptions/$PUB_SUB_SUBSCRIPTION_ID" \
  --parameters="events_table=$GCP_PROJECT_ID.$BIGQUERY_DATASET_ID.$BIGQUERY_TABLE_ID" \
  --parameters="dead_letter_table=$GCP_PROJECT_ID.$BIGQUERY_DATASET_ID.dead_letters" \
  --parameters="max_event_age_days=$MAX_EVENT_AGE_DAYS" "${flags[@]}")
wait_until_it_runs "$launched"
