# shellcheck shell=bash
# Who may do what; setup.sh sources this file.
# shellcheck disable=SC2154

# grant GROUP... RESOURCE -- [ROLE ACCOUNT]...: GROUP is the resource's command group in gcloud;
# nothing is granted to an account without a name. One look at the resource's policy and at most one
# change of it.
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
  if [[ $APPLY == yes ]]; then
    # One that cannot be read must not be taken for an empty one: everybody else would lose access.
    found=$(policy get "${place[@]}")
  else
    found=$(policy get "${place[@]}" 2>/dev/null) || found= # the resource may not be there yet
  fi
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
  if [[ $verb == get-* ]]; then
    gcloud "${@:1:$#-1}" "$verb" "${!#}" --format=json
  else
    gcloud "${@:1:$#-2}" "$verb" "${@:$#-1}"
  fi
}

# grant_on_tables [TABLE ROLE ACCOUNT]...: the same for tables and views, all of them at once.
grant_on_tables() {
  local wanted=() lacking table role member
  local program=("$PYTHON" -m deploy.table_grants "$GCP_PROJECT_ID.$BIGQUERY_DATASET_ID")
  while (($#)); do
    [[ -z $3 ]] || wanted+=("$1 $2 serviceAccount:$(email "$3")")
    shift 3
  done
  lacking=$(printf '%s\n' "${wanted[@]}" | "${program[@]}")
  while read -r table role member; do
    grep -qxF "$table $role $member" <<<"$lacking" ||
      report exists "$role for ${member#*:} on $table"
  done < <(printf '%s\n' "${wanted[@]}")
  [[ -z $lacking ]] || act create "on tables: $(paste -sd, <<<"${lacking//serviceAccount:/}")" \
    "${program[@]}" --give <<<"$lacking"
}

grants() {
  local name role console=${CONSOLE_SERVICE:+$CONSOLE_ACCOUNT} project=() tables=()
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
  [[ -z $console ]] ||
    grant secrets "$CONSOLE_SECRET" -- roles/secretmanager.secretAccessor "$console"
  for name in "$BIGQUERY_TABLE_ID" dead_letters; do
    tables+=("$name" roles/bigquery.dataEditor "$PIPELINE_ACCOUNT")
  done
  tables+=("$BIGQUERY_TABLE_ID" roles/bigquery.dataViewer "$DEPLOYER_ACCOUNT")
  # The console looks at everything; a replay is recorded, an erasure deletes.
  for name in "$BIGQUERY_TABLE_ID" dead_letters replays; do
    tables+=("$name" roles/bigquery.dataEditor "$console")
  done
  for name in "${BIGQUERY_TABLE_ID}_deduplicated" schemas/reports/*.sql; do
    tables+=("$(basename "$name" .sql)" roles/bigquery.dataViewer "$console")
  done
  grant_on_tables "${tables[@]}"
}
