#!/usr/bin/env bash
# Runs the pipeline on one machine of Google's: a Cloud Run worker pool with one instance that never
# stops, from the image and with the service account that Dataflow's workers have.
#
#   GCP_PROJECT_ID=my-project deploy/one_machine/worker_pool.sh
#
# docs/one-machine.md says when that is enough, and how to move to Dataflow.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/help.sh
source deploy/help.sh
answer_help "$@"

: "${GCP_PROJECT_ID:?the project that deploy/setup.sh has set up}"
REGION=${REGION:-us-central1}
SUBSCRIPTION=${PUB_SUB_SUBSCRIPTION_ID:-events-pipeline}
DATASET=$GCP_PROJECT_ID.${BIGQUERY_DATASET_ID:-aegis}
IMAGE=${IMAGE:-$REGION-docker.pkg.dev/$GCP_PROJECT_ID/aegis/pipeline:latest}
CPU=${CPU:-1}

options=(
  --runner=DirectRunner
  "--input_subscription=projects/$GCP_PROJECT_ID/subscriptions/$SUBSCRIPTION"
  "--events_table=$DATASET.${BIGQUERY_TABLE_ID:-events}"
  "--dead_letter_table=$DATASET.dead_letters"
  "--processes=$CPU"
  --status_address=127.0.0.1:9464
)
arguments=$(IFS=, && echo "-m,flex_template.main,${options[*]}")
# 512 MiB for each process: one holds about 300 MB under full load.
gcloud beta run worker-pools deploy aegis-pipeline --project="$GCP_PROJECT_ID" --region="$REGION" \
  --image="$IMAGE" --command=python --args="$arguments" --scaling=1 --cpu="$CPU" \
  --memory="$((CPU > 1 ? CPU * 512 : 1024))Mi" \
  --service-account="aegis-pipeline@$GCP_PROJECT_ID.iam.gserviceaccount.com"
