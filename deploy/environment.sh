# shellcheck shell=bash
# Makes the settings of one environment variables of the script that sources this file. What follows
# from them stands here once.
# shellcheck disable=SC2034,SC2154
source deploy/help.sh

# load_environment ENVIRONMENT: also points gcloud at the project. Takes the script's arguments.
load_environment() {
  local settings
  answer_help "$@"
  if [[ -z ${1:-} || $1 == -* ]]; then
    echo "usage: $0 ENVIRONMENT ...; --help says more" >&2
    exit 2
  fi
  settings=$(python3 -m deploy.settings "$1") || exit 2
  eval "$settings"
  ENVIRONMENT=$1
  DATASET=$GCP_PROJECT_ID:$BIGQUERY_DATASET_ID
  BUCKET=gs://$STAGING_BUCKET
  IMAGES=$REGION-docker.pkg.dev/$GCP_PROJECT_ID/$ARTIFACT_REPOSITORY
  export CLOUDSDK_CORE_PROJECT=$GCP_PROJECT_ID
  export CLOUDSDK_CORE_DISABLE_PROMPTS=1
  export CLOUDSDK_ARTIFACTS_LOCATION=$REGION
}

email() { echo "$1@$GCP_PROJECT_ID.iam.gserviceaccount.com"; }
