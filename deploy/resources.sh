# shellcheck shell=bash
# What setup.sh creates, one function each; it sources this file.
# shellcheck disable=SC2154

APIS=(
  artifactregistry bigquery bigquerystorage cloudbuild cloudresourcemanager compute dataflow iam
  iamcredentials logging monitoring pubsub run secretmanager storage
)

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
  local found
  ensure "topic $PUB_SUB_TOPIC_ID" gcloud pubsub topics describe "$PUB_SUB_TOPIC_ID" -- \
    gcloud pubsub topics create "$PUB_SUB_TOPIC_ID"
  if found=$(gcloud pubsub subscriptions describe "$PUB_SUB_SUBSCRIPTION_ID" --format=json \
    2>/dev/null); then
    report exists "subscription $PUB_SUB_SUBSCRIPTION_ID"
    compare_subscription "$found"
    return
  fi
  # Dataflow extends the deadline itself while it works on a message, so 60 s is only how long the
  # messages of a lost worker wait. Seven days of retention cover a long weekend's outage.
  act create "subscription $PUB_SUB_SUBSCRIPTION_ID" \
    gcloud pubsub subscriptions create "$PUB_SUB_SUBSCRIPTION_ID" --topic="$PUB_SUB_TOPIC_ID" \
    --ack-deadline=60 --message-retention-duration=7d --expiration-period=never
}

compare_subscription() { # JSON
  local label="subscription $PUB_SUB_SUBSCRIPTION_ID"
  compare "ack deadline of $label" 60 "$(field ackDeadlineSeconds <<<"$1")"
  compare "retention of $label" 604800s "$(field messageRetentionDuration <<<"$1")"
  compare "expiration of $label" "" "$(field expirationPolicy.ttl <<<"$1")"
}

field() { # PATH: one value of the JSON on standard input, or nothing
  python3 -c '
import functools, json, sys
print(functools.reduce(lambda found, name: (found or {}).get(name), sys.argv[1].split("."), json.load(sys.stdin)) or "")
' "$1"
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

has_table() { [[ $tables == *"\"tableId\":\"$1\""* ]]; }

table() { # NAME SCHEMA PARTITION_COLUMN EXPIRATION_DAYS CLUSTERING
  # No required partition filter: the deduplicated view's window, replay and erasure look rows up by
  # id, and BigQuery would refuse every one of those queries.
  ensure "table $1" has_table "$1" -- \
    bq mk --table --schema="schemas/$2.table.json" --time_partitioning_type=DAY \
    --time_partitioning_field="$3" --time_partitioning_expiration=$(($4 * 86400)) \
    --clustering_fields="$5" "$DATASET.$1"
  ! has_table "$1" || update_table "$@"
}

update_table() { # as table
  local found columns line
  found=$(bq --format=json show "$DATASET.$1")
  columns=$(python3 -m deploy.table_differences columns "schemas/$2.table.json" <<<"$found")
  [[ -z $columns ]] ||
    act create "columns $columns of table $1" bq update "$DATASET.$1" "schemas/$2.table.json"
  while read -r line; do
    report differs "table $1: $line"
  done < <(python3 -m deploy.table_differences settings "schemas/$2.table.json" "${@:3}" <<<"$found")
}

bucket() {
  local found
  # Soft delete would bill a week of every temporary file.
  ensure "bucket $STAGING_BUCKET" gcloud storage buckets describe "$BUCKET" -- \
    gcloud storage buckets create "$BUCKET" --location="$REGION" --uniform-bucket-level-access \
    --public-access-prevention --soft-delete-duration=0
  found=$(gcloud storage buckets describe "$BUCKET" --format='json(lifecycle_config)' 2>/dev/null) ||
    found=
  ensure "lifecycle of bucket $STAGING_BUCKET" grep -q '"rule"' - <<<"$found" -- \
    gcloud storage buckets update "$BUCKET" --lifecycle-file=deploy/bucket_lifecycle.json
}

repository() {
  ensure "repository $ARTIFACT_REPOSITORY" \
    gcloud artifacts repositories describe "$ARTIFACT_REPOSITORY" -- \
    gcloud artifacts repositories create "$ARTIFACT_REPOSITORY" --repository-format=docker
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
