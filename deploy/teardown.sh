#!/usr/bin/env bash
# Removes what setup.sh created; drain the job and delete the function first (docs/deploy.md).
#
#   deploy/teardown.sh staging            say what would be deleted
#   deploy/teardown.sh staging --apply    delete it, but keep the data
#
# DELETE_DATA=yes also deletes the dataset, the bucket and the secrets. APIs stay enabled.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

# remove LABEL CHECK... -- DELETE...: delete if the check succeeds.
remove() {
  if holds "${@:2}"; then
    act delete "$1" "${COMMAND[@]}"
  else
    report absent "$1"
  fi
}

# remove_data: like remove, but keeps it unless DELETE_DATA=yes.
remove_data() {
  if [[ ${DELETE_DATA:-no} == yes ]]; then
    remove "$@"
  else
    report kept "$1"
  fi
}

revoke() { # ACCOUNT ROLE...: grants on deleted resources go with them, those on the project do not
  local account=$1 role member
  member=serviceAccount:$(email "$account")
  for role in "${@:2}"; do
    remove "$role for $account on $GCP_PROJECT_ID" grep -qxF "$role	$member" - <<<"$granted" -- \
      gcloud projects remove-iam-policy-binding "$GCP_PROJECT_ID" --role="$role" \
      --member="$member" --condition=None
  done
}

remove_each() { # LABEL FILTER COMMAND...: what `COMMAND list` names
  local name
  for name in $("${@:3}" list --filter="$2" --format='value(name)'); do
    act delete "$1 ${name##*/}" "${@:3}" delete "$name"
  done
}

check_access
remove_each alert userLabels.service=aegis gcloud alpha monitoring policies
remove_each dashboard "displayName=\"$DASHBOARD\"" gcloud monitoring dashboards
remove_each "notification channel" userLabels.service=aegis gcloud beta monitoring channels
remove "metric $REJECTIONS_METRIC" gcloud logging metrics describe "$REJECTIONS_METRIC" -- \
  gcloud logging metrics delete "$REJECTIONS_METRIC"
granted=$(gcloud projects get-iam-policy "$GCP_PROJECT_ID" --flatten='bindings[].members' \
  --format='value(bindings.role,bindings.members)')
revoke "$PIPELINE_ACCOUNT" "${PIPELINE_PROJECT_ROLES[@]}"
revoke "$DEPLOYER_ACCOUNT" "${DEPLOYER_PROJECT_ROLES[@]}"
[[ -z $CONSOLE_SERVICE ]] || revoke "$CONSOLE_ACCOUNT" roles/bigquery.jobUser
remove "subscription $PUB_SUB_SUBSCRIPTION_ID" \
  gcloud pubsub subscriptions describe "$PUB_SUB_SUBSCRIPTION_ID" -- \
  gcloud pubsub subscriptions delete "$PUB_SUB_SUBSCRIPTION_ID"
remove "topic $PUB_SUB_TOPIC_ID" gcloud pubsub topics describe "$PUB_SUB_TOPIC_ID" -- \
  gcloud pubsub topics delete "$PUB_SUB_TOPIC_ID"
remove "repository $ARTIFACT_REPOSITORY" \
  gcloud artifacts repositories describe "$ARTIFACT_REPOSITORY" -- \
  gcloud artifacts repositories delete "$ARTIFACT_REPOSITORY"
accounts=$(gcloud iam service-accounts list --format='value(email)')
for account in "$EDGE_ACCOUNT" "$PIPELINE_ACCOUNT" "$DEPLOYER_ACCOUNT" \
  ${CONSOLE_SERVICE:+"$CONSOLE_ACCOUNT"}; do
  remove "service account $account" grep -qxF "$(email "$account")" - <<<"$accounts" -- \
    gcloud iam service-accounts delete "$(email "$account")"
done
remove_data "dataset $BIGQUERY_DATASET_ID" bq --format=none show --dataset "$DATASET" -- \
  bq rm --recursive --force --dataset "$DATASET"
remove_data "bucket $STAGING_BUCKET" gcloud storage buckets describe "$BUCKET" -- \
  gcloud storage rm --recursive "$BUCKET"
for secret in "$API_KEYS_SECRET" $USER_ID_HMAC_KEY_SECRET ${CONSOLE_SERVICE:+"$CONSOLE_SECRET"}; do
  remove_data "secret $secret" gcloud secrets describe "$secret" -- gcloud secrets delete "$secret"
done
[[ $APPLY == yes ]] || echo "Nothing was changed; run again with --apply to delete."
