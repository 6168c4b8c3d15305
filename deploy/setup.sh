#!/usr/bin/env bash
# Creates what Aegis needs in a Google Cloud project. Safe to run again: it creates what is missing
# and leaves the rest as it is, so a run that stopped half-way is finished by the next one.
#
#   GCP_PROJECT_ID=my-project deploy/setup.sh            say what would be created
#   GCP_PROJECT_ID=my-project deploy/setup.sh --apply    create it
#
# One line per resource. docs/deploy.md lists the other settings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

EVENTS_EXPIRATION_DAYS=${EVENTS_EXPIRATION_DAYS:-730}
DEAD_LETTERS_EXPIRATION_DAYS=${DEAD_LETTERS_EXPIRATION_DAYS:-90}
APIS=(
  artifactregistry bigquery bigquerystorage cloudbuild cloudfunctions dataflow iam logging
  monitoring pubsub run secretmanager storage
)

# ensure LABEL CHECK... -- CREATE...: create unless the check succeeds.
ensure() {
  if holds "${@:2}"; then
    report exists "$1"
  else
    act create "$1" "${COMMAND[@]}"
  fi
}

apis() {
  local enabled name missing=()
  enabled=$(gcloud services list --enabled --format='value(config.name)')
  for name in "${APIS[@]/%/.googleapis.com}"; do
    if grep -qx "$name" <<<"$enabled"; then
      report exists "API $name"
    else
      missing+=("$name")
    fi
  done
  # In one call, because each takes Google some seconds.
  ((${#missing[@]} == 0)) || act create "APIs ${missing[*]}" gcloud services enable "${missing[@]}"
}

service_account() { # ACCOUNT DISPLAY_NAME
  ensure "service account $1" gcloud iam service-accounts describe "$(email "$1")" -- \
    gcloud iam service-accounts create "$1" --display-name="$2"
}

topic_and_subscription() {
  ensure "topic $PUB_SUB_TOPIC_ID" gcloud pubsub topics describe "$PUB_SUB_TOPIC_ID" -- \
    gcloud pubsub topics create "$PUB_SUB_TOPIC_ID"
  # Dataflow extends the deadline itself while it works on a message, so 60 s is only how long the
  # messages of a lost worker wait. Seven days of retention cover a long weekend's outage.
  ensure "subscription $PUB_SUB_SUBSCRIPTION_ID" \
    gcloud pubsub subscriptions describe "$PUB_SUB_SUBSCRIPTION_ID" -- \
    gcloud pubsub subscriptions create "$PUB_SUB_SUBSCRIPTION_ID" --topic="$PUB_SUB_TOPIC_ID" \
    --ack-deadline=60 --message-retention-duration=7d --expiration-period=never
}

has_table() { [[ $tables == *"\"tableId\":\"$1\""* ]]; }

table() { # NAME SCHEMA PARTITION_COLUMN EXPIRATION_DAYS CLUSTERING
  # No required partition filter: the deduplicated view's window, replay and erasure look rows up by
  # id, and BigQuery would refuse every one of those queries.
  ensure "table $1" has_table "$1" -- \
    bq mk --table --schema="schemas/$2.table.json" --time_partitioning_type=DAY \
    --time_partitioning_field="$3" --time_partitioning_expiration=$(($4 * 86400)) \
    --clustering_fields="$5" "$DATASET.$1"
}

dataset_and_tables() {
  local events=$GCP_PROJECT_ID.$BIGQUERY_DATASET_ID.$BIGQUERY_TABLE_ID tables view sql report
  ensure "dataset $BIGQUERY_DATASET_ID" bq --format=none show --dataset "$DATASET" -- \
    bq --location="$BIGQUERY_LOCATION" mk --dataset "$DATASET"
  tables=$(bq --format=json ls --max_results=1000 "$DATASET" 2>/dev/null) || tables=
  table "$BIGQUERY_TABLE_ID" events timestamp "$EVENTS_EXPIRATION_DAYS" user_id,signal_type
  table dead_letters dead_letters failed_at "$DEAD_LETTERS_EXPIRATION_DAYS" stage,error_code
  # A replay happens after the failure, so its record outlives the dead letter that it guards.
  table replays replays replayed_at "$DEAD_LETTERS_EXPIRATION_DAYS" dead_letter_id
  view=${BIGQUERY_TABLE_ID}_deduplicated
  sql=$(<schemas/events_deduplicated.sql)
  ensure "view $view" has_table "$view" -- \
    bq mk --use_legacy_sql=false --view="${sql//\$\{events_table\}/$events}" "$DATASET.$view"
  for report in schemas/reports/*.sql; do
    sql=$(<"$report")
    view=$(basename "$report" .sql)
    ensure "view $view" has_table "$view" -- \
      bq mk --use_legacy_sql=false \
      --view="${sql//\$\{events_deduplicated\}/${events}_deduplicated}" "$DATASET.$view"
  done
}

has_lifecycle() {
  [[ -n $(gcloud storage buckets describe "$BUCKET" --format='value(lifecycle_config)') ]]
}

bucket() {
  # Soft delete would bill a week of every temporary file.
  ensure "bucket $STAGING_BUCKET" gcloud storage buckets describe "$BUCKET" -- \
    gcloud storage buckets create "$BUCKET" --location="$REGION" --uniform-bucket-level-access \
    --public-access-prevention --soft-delete-duration=0
  ensure "lifecycle of bucket $STAGING_BUCKET" has_lifecycle -- \
    gcloud storage buckets update "$BUCKET" --lifecycle-file=deploy/bucket_lifecycle.json
}

repository() { # NAME
  ensure "repository $1" gcloud artifacts repositories describe "$1" -- \
    gcloud artifacts repositories create "$1" --repository-format=docker
}

has_version() { [[ -n $(gcloud secrets versions list "$1" --limit=1 --format='value(name)') ]]; }

add_random_version() {
  head -c 32 /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_' |
    gcloud secrets versions add "$1" --data-file=-
}

secret() { # NAME; its first value is random, and never shown
  ensure "secret $1" gcloud secrets describe "$1" -- \
    gcloud secrets create "$1" --replication-policy=automatic
  ensure "first version of secret $1" has_version "$1" -- add_random_version "$1"
}

grant() { # ROLE ACCOUNT GROUP... RESOURCE
  local role=$1 account=$2 group=("${@:3:$#-3}") resource=${!#} condition=() member
  member=serviceAccount:$(email "$account")
  # Only Pub/Sub has no conditional bindings; elsewhere gcloud insists on an answer if one exists.
  [[ ${group[0]} == pubsub ]] || condition=(--condition=None)
  ensure "$role for $account on $resource" has_role "$role" "$member" "${group[@]}" "$resource" -- \
    gcloud "${group[@]}" add-iam-policy-binding "$resource" --role="$role" --member="$member" \
    "${condition[@]}"
}

may_edit_table() { # MEMBER TABLE; prettyjson sorts the keys
  bq --format=prettyjson get-iam-policy "$DATASET.$2" | tr -d ' \n' |
    grep -q "\"members\":\[[^]]*\"$1\"[^]]*\],\"role\":\"roles/bigquery.dataEditor\""
}

grant_table() { # ACCOUNT TABLE
  local member
  member=serviceAccount:$(email "$1")
  ensure "roles/bigquery.dataEditor for $1 on table $2" may_edit_table "$member" "$2" -- \
    bq add-iam-policy-binding --member="$member" --role=roles/bigquery.dataEditor "$DATASET.$2"
}

edge_grants() {
  local name
  grant roles/pubsub.publisher "$EDGE_ACCOUNT" pubsub topics "$PUB_SUB_TOPIC_ID"
  for name in "$API_KEYS_SECRET" "$USER_ID_HMAC_KEY_SECRET"; do
    grant roles/secretmanager.secretAccessor "$EDGE_ACCOUNT" secrets "$name"
  done
}

pipeline_grants() {
  local role table
  for role in "${PIPELINE_PROJECT_ROLES[@]}"; do
    grant "$role" "$PIPELINE_ACCOUNT" projects "$GCP_PROJECT_ID"
  done
  for role in roles/pubsub.subscriber roles/pubsub.viewer; do
    grant "$role" "$PIPELINE_ACCOUNT" pubsub subscriptions "$PUB_SUB_SUBSCRIPTION_ID"
  done
  for table in "$BIGQUERY_TABLE_ID" dead_letters; do
    grant_table "$PIPELINE_ACCOUNT" "$table"
  done
  grant roles/storage.objectAdmin "$PIPELINE_ACCOUNT" storage buckets "$BUCKET"
  grant roles/artifactregistry.reader "$PIPELINE_ACCOUNT" \
    artifacts repositories "$ARTIFACT_REPOSITORY"
}

deployer_grants() {
  local role account
  for role in "${DEPLOYER_PROJECT_ROLES[@]}"; do
    grant "$role" "$DEPLOYER_ACCOUNT" projects "$GCP_PROJECT_ID"
  done
  grant roles/storage.objectAdmin "$DEPLOYER_ACCOUNT" storage buckets "$BUCKET"
  grant roles/artifactregistry.writer "$DEPLOYER_ACCOUNT" \
    artifacts repositories "$ARTIFACT_REPOSITORY"
  for account in "$EDGE_ACCOUNT" "$PIPELINE_ACCOUNT" "$DEPLOYER_ACCOUNT"; do
    grant roles/iam.serviceAccountUser "$DEPLOYER_ACCOUNT" \
      iam service-accounts "$(email "$account")"
  done
}

check_access
apis
# Accounts first and grants last: a new account takes a while to be known to IAM everywhere.
service_account "$EDGE_ACCOUNT" "Aegis edge: publishes events"
service_account "$PIPELINE_ACCOUNT" "Aegis pipeline: Dataflow workers"
service_account "$DEPLOYER_ACCOUNT" "Aegis deployer: Cloud Build"
topic_and_subscription
dataset_and_tables
bucket
repository "$ARTIFACT_REPOSITORY"
repository cloud-run-source-deploy # where `gcloud run deploy --source` puts the function's image
secret "$API_KEYS_SECRET"
secret "$USER_ID_HMAC_KEY_SECRET"
edge_grants
pipeline_grants
deployer_grants
[[ $APPLY == yes ]] || echo "Nothing was changed; run again with --apply to create what is missing."
