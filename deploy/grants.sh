# shellcheck shell=bash
# Who may do what; setup.sh sources this file.
# shellcheck disable=SC2154

# grant GROUP... RESOURCE -- [ROLE ACCOUNT]...: GROUP is the resource's command group in gcloud, or
# `table`; nothing is granted to an account without a name. One look at the resource's policy and at
# most one change of it.
grant() {
  local place=() grants=() lacking label policy found role
  while [[ $1 != -- ]]; do
    place+=("$1")
    shift
  done
  shift
  while (($#)); do
    [[ -z $2 ]] || grants+=("$1" "serviceAccount:$(email "$2")")
    shift 2
  done
  # In a dry run the resource may not be there yet.
  found=$(policy get "${place[@]}" 2>/dev/null) || found=
  policy=$(mktemp)
  lacking=$(python3 -m deploy.policy "$policy" "${grants[@]}" <<<"${found:-"{}"}")
  for ((role = 0; role < ${#grants[@]}; role += 2)); do
    label="${grants[role]} for ${grants[role + 1]#*:} on ${place[-1]}"
    grep -qxF "${grants[*]:role:2}" <<<"$lacking" || report exists "$label"
  done
  [[ -z $lacking ]] || act create "on ${place[-1]}: $(paste -sd, <<<"${lacking//serviceAccount:/}")" \
    policy set "${place[@]}" "$policy"
  rm "$policy"
}

policy() { # get|set GROUP... RESOURCE [FILE]
  local verb=$1-iam-policy
  shift
  if [[ $1 == table ]]; then
    bq --format=prettyjson "$verb" "$DATASET.$2" "${@:3}"
  elif [[ $verb == get-* ]]; then
    gcloud "${@:1:$#-1}" "$verb" "${!#}" --format=json
  else
    gcloud "${@:1:$#-2}" "$verb" "${@:$#-1}"
  fi
}

grants() {
  local name role console=${CONSOLE_SERVICE:+$CONSOLE_ACCOUNT} project=()
  for role in "${PIPELINE_PROJECT_ROLES[@]}"; do project+=("$role" "$PIPELINE_ACCOUNT"); done
  for role in "${DEPLOYER_PROJECT_ROLES[@]}"; do project+=("$role" "$DEPLOYER_ACCOUNT"); done
  grant projects "$GCP_PROJECT_ID" -- "${project[@]}" roles/bigquery.jobUser "$console"
  # The console publishes what it replays.
  grant pubsub topics "$PUB_SUB_TOPIC_ID" -- \
    roles/pubsub.publisher "$EDGE_ACCOUNT" roles/pubsub.publisher "$console"
  # The deployer looks where the event of its check went, with a key that clients would have and an
  # identity that may call a candidate:
  # https://cloud.google.com/build/docs/securing-builds/authorize-service-to-service-access
  grant pubsub subscriptions "$PUB_SUB_SUBSCRIPTION_ID" -- \
    roles/pubsub.subscriber "$PIPELINE_ACCOUNT" roles/pubsub.viewer "$PIPELINE_ACCOUNT" \
    roles/pubsub.subscriber "$DEPLOYER_ACCOUNT"
  grant secrets "$API_KEYS_SECRET" -- roles/secretmanager.secretAccessor "$EDGE_ACCOUNT" \
    roles/secretmanager.secretAccessor "$DEPLOYER_ACCOUNT"
  [[ -z $USER_ID_HMAC_KEY_SECRET ]] || grant secrets "$USER_ID_HMAC_KEY_SECRET" -- \
    roles/secretmanager.secretAccessor "$EDGE_ACCOUNT" \
    roles/secretmanager.secretAccessor "$console"
  # An erasure deletes.
  grant table "$BIGQUERY_TABLE_ID" -- roles/bigquery.dataEditor "$PIPELINE_ACCOUNT" \
    roles/bigquery.dataViewer "$DEPLOYER_ACCOUNT" roles/bigquery.dataEditor "$console"
  grant table dead_letters -- \
    roles/bigquery.dataEditor "$PIPELINE_ACCOUNT" roles/bigquery.dataEditor "$console"
  grant storage buckets "$BUCKET" -- roles/storage.objectAdmin "$PIPELINE_ACCOUNT" \
    roles/storage.objectAdmin "$DEPLOYER_ACCOUNT"
  grant artifacts repositories "$ARTIFACT_REPOSITORY" -- \
    roles/artifactregistry.reader "$PIPELINE_ACCOUNT" \
    roles/artifactregistry.writer "$DEPLOYER_ACCOUNT"
  for name in "$EDGE_ACCOUNT" "$PIPELINE_ACCOUNT" $console; do
    grant iam service-accounts "$(email "$name")" -- \
      roles/iam.serviceAccountUser "$DEPLOYER_ACCOUNT"
  done
  grant iam service-accounts "$(email "$DEPLOYER_ACCOUNT")" -- \
    roles/iam.serviceAccountOpenIdTokenCreator "$DEPLOYER_ACCOUNT"
  [[ -z $console ]] || console_grants
}

# On what nobody else needs. It looks at everything, and records its replays.
console_grants() {
  local name
  grant secrets "$CONSOLE_SECRET" -- roles/secretmanager.secretAccessor "$CONSOLE_ACCOUNT"
  grant table replays -- roles/bigquery.dataEditor "$CONSOLE_ACCOUNT"
  for name in "${BIGQUERY_TABLE_ID}_deduplicated" schemas/reports/*.sql; do
    grant table "$(basename "$name" .sql)" -- roles/bigquery.dataViewer "$CONSOLE_ACCOUNT"
  done
}
