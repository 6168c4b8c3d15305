# shellcheck shell=bash
# Who may do what; setup.sh sources this file.
# shellcheck disable=SC2154

grant() { # ROLE ACCOUNT GROUP... RESOURCE
  local role=$1 account=$2 group=("${@:3:$#-3}") resource=${!#} condition=() member
  member=serviceAccount:$(email "$account")
  # Only Pub/Sub has no conditional bindings; elsewhere gcloud insists on an answer if one exists.
  [[ ${group[0]} == pubsub ]] || condition=(--condition=None)
  ensure "$role for $account on $resource" has_role "$role" "$member" "${group[@]}" "$resource" -- \
    gcloud "${group[@]}" add-iam-policy-binding "$resource" --role="$role" --member="$member" \
    "${condition[@]}"
}

has_table_role() { # ROLE MEMBER TABLE; prettyjson sorts the keys
  bq --format=prettyjson get-iam-policy "$DATASET.$3" | tr -d ' \n' |
    grep -q "\"members\":\[[^]]*\"$2\"[^]]*\],\"role\":\"$1\""
}

grant_table() { # ROLE ACCOUNT TABLE
  local member
  member=serviceAccount:$(email "$2")
  ensure "$1 for $2 on table $3" has_table_role "$1" "$member" "$3" -- \
    bq add-iam-policy-binding --member="$member" --role="$1" "$DATASET.$3"
}

edge_grants() {
  local name
  grant roles/pubsub.publisher "$EDGE_ACCOUNT" pubsub topics "$PUB_SUB_TOPIC_ID"
  for name in "$API_KEYS_SECRET" $USER_ID_HMAC_KEY_SECRET; do
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
    grant_table roles/bigquery.dataEditor "$PIPELINE_ACCOUNT" "$table"
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
  for account in "$EDGE_ACCOUNT" "$PIPELINE_ACCOUNT"; do
    grant roles/iam.serviceAccountUser "$DEPLOYER_ACCOUNT" iam service-accounts "$(email "$account")"
  done
  # For the check of a candidate: an identity to call it with, a key that its clients would have,
  # and a look at where its event went.
  # https://cloud.google.com/build/docs/securing-builds/authorize-service-to-service-access
  grant roles/iam.serviceAccountOpenIdTokenCreator "$DEPLOYER_ACCOUNT" \
    iam service-accounts "$(email "$DEPLOYER_ACCOUNT")"
  grant roles/secretmanager.secretAccessor "$DEPLOYER_ACCOUNT" secrets "$API_KEYS_SECRET"
  grant roles/pubsub.subscriber "$DEPLOYER_ACCOUNT" pubsub subscriptions "$PUB_SUB_SUBSCRIPTION_ID"
  grant_table roles/bigquery.dataViewer "$DEPLOYER_ACCOUNT" "$BIGQUERY_TABLE_ID"
}
