# shellcheck shell=bash
# What setup.sh creates, one function each; it sources this file.
# shellcheck disable=SC2154

APIS=(
  artifactregistry bigquery bigquerystorage cloudbuild cloudresourcemanager compute dataflow iam iap
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

service_accounts() {
  local found
  found=$(gcloud iam service-accounts list --format='value(email)')
  service_account "$EDGE_ACCOUNT" "Aegis edge: publishes events"
  service_account "$PIPELINE_ACCOUNT" "Aegis pipeline: Dataflow workers"
  service_account "$DEPLOYER_ACCOUNT" "Aegis deployer: Cloud Build"
  [[ -z $CONSOLE_SERVICE ]] ||
    service_account "$CONSOLE_ACCOUNT" "Aegis console: reads, replays, erases"
}

service_account() { # ACCOUNT DISPLAY_NAME
  ensure "service account $1" grep -qxF "$(email "$1")" - <<<"$found" -- \
    gcloud iam service-accounts create "$1" --display-name="$2"
}

topic_and_subscription() {
  local found
  ensure "topic $PUB_SUB_TOPIC_ID" gcloud pubsub topics describe "$PUB_SUB_TOPIC_ID" -- \
    gcloud pubsub topics create "$PUB_SUB_TOPIC_ID"
  if found=$(gcloud pubsub subscriptions describe "$PUB_SUB_SUBSCRIPTION_ID" 2>/dev/null \
    --format='csv[no-heading](ackDeadlineSeconds,messageRetentionDuration,expirationPolicy.ttl)')
  then
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

compare_subscription() { # DEADLINE,RETENTION,EXPIRATION
  local deadline retention expiration label="subscription $PUB_SUB_SUBSCRIPTION_ID"
  IFS=, read -r deadline retention expiration <<<"$1"
  compare "ack deadline of $label" 60 "$deadline"
  compare "retention of $label" 604800s "$retention"
  compare "expiration of $label" "" "$expiration"
}

dataset() {
  ensure "dataset $BIGQUERY_DATASET_ID" bq --format=none show --dataset "$DATASET" -- \
    bq --location="$BIGQUERY_LOCATION" mk --dataset "$DATASET"
}

# Tables, views and the table function are known to the schemas, which also bring an older table up
# to this version. No table requires a partition filter: the deduplicated view's window, replay and
# erasure look rows up by id, and BigQuery would refuse every one of those queries.
schemas() { # plan|apply [--json]
  "$PYTHON" -m schemas "$@" \
    --events_table="$GCP_PROJECT_ID.$BIGQUERY_DATASET_ID.$BIGQUERY_TABLE_ID" \
    --events_expiration_days="$EVENTS_EXPIRATION_DAYS" \
    --dead_letters_expiration_days="$DEAD_LETTERS_EXPIRATION_DAYS"
}

tables() {
  local found outcome label all="tables and views of dataset $BIGQUERY_DATASET_ID" lacking=() exists=no
  found=$(schemas plan --json | python3 -m deploy.tables) || return 1
  while IFS=$'\t' read -r outcome label; do
    case $outcome in
      lacks) lacking+=("$label") ;;
      differs) report differs "$label" ;;
      exists) exists=yes && report exists "$label" ;;
    esac
  done <<<"$found"
  if [[ $exists == no ]]; then
    act create "$all" schemas apply
  elif ((${#lacking[@]})); then
    act create "$(IFS=,; echo "${lacking[*]}")" schemas apply
  else
    act renew "views of $BIGQUERY_TABLE_ID" schemas apply
  fi
}

bucket() {
  local found
  found=$(gcloud storage buckets describe "$BUCKET" --format='json(name,lifecycle_config)' \
    2>/dev/null) || found=
  # Soft delete would bill a week of every temporary file.
  ensure "bucket $STAGING_BUCKET" test -n "$found" -- \
    gcloud storage buckets create "$BUCKET" --location="$REGION" --uniform-bucket-level-access \
    --public-access-prevention --soft-delete-duration=0
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

secrets() {
  local found name
  found=$(gcloud secrets list --format='value(name.basename())')
  for name in "$API_KEYS_SECRET" $USER_ID_HMAC_KEY_SECRET ${CONSOLE_SERVICE:+"$CONSOLE_SECRET"}; do
    secret "$name"
  done
}

secret() { # NAME; its first value is random, and never shown
  ensure "secret $1" grep -qxF "$1" - <<<"$found" -- \
    gcloud secrets create "$1" --replication-policy=automatic
  ensure "first version of secret $1" has_version "$1" -- add_random_version "$1"
}
