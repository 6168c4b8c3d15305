# shellcheck shell=bash
# Settings and verbs of setup.sh and teardown.sh, which source this file and use them all.
# shellcheck disable=SC2034

case ${1:-} in
  '' | --dry-run) APPLY=no ;;
  --apply) APPLY=yes ;;
  *) echo "usage: $0 [--dry-run | --apply]; the default is --dry-run" >&2 && exit 2 ;;
esac

: "${GCP_PROJECT_ID:?name the project, for example GCP_PROJECT_ID=my-project}"
REGION=${REGION:-us-central1}
PUB_SUB_TOPIC_ID=${PUB_SUB_TOPIC_ID:-events}
PUB_SUB_SUBSCRIPTION_ID=${PUB_SUB_SUBSCRIPTION_ID:-events-pipeline}
BIGQUERY_LOCATION=${BIGQUERY_LOCATION:-$REGION}
BIGQUERY_DATASET_ID=${BIGQUERY_DATASET_ID:-aegis}
BIGQUERY_TABLE_ID=${BIGQUERY_TABLE_ID:-events}
STAGING_BUCKET=${STAGING_BUCKET:-$GCP_PROJECT_ID-aegis}
ARTIFACT_REPOSITORY=${ARTIFACT_REPOSITORY:-aegis}
EDGE_ACCOUNT=${EDGE_ACCOUNT:-aegis-edge}
PIPELINE_ACCOUNT=${PIPELINE_ACCOUNT:-aegis-pipeline}
DEPLOYER_ACCOUNT=${DEPLOYER_ACCOUNT:-aegis-deployer}
API_KEYS_SECRET=${API_KEYS_SECRET:-aegis-api-keys}
USER_ID_HMAC_KEY_SECRET=${USER_ID_HMAC_KEY_SECRET:-aegis-user-id-hmac-key}

DATASET=$GCP_PROJECT_ID:$BIGQUERY_DATASET_ID
BUCKET=gs://$STAGING_BUCKET

export CLOUDSDK_CORE_PROJECT=$GCP_PROJECT_ID
export CLOUDSDK_CORE_DISABLE_PROMPTS=1
export CLOUDSDK_ARTIFACTS_LOCATION=$REGION

# Project-wide, because these services have no narrower resource to grant on.
DEPLOYER_PROJECT_ROLES=(
  roles/cloudbuild.builds.builder # runs cloudbuild.yaml, and the build of the function's container
  roles/dataflow.developer
  roles/run.sourceDeveloper
  roles/serviceusage.serviceUsageConsumer # which deploying from source asks for
)
PIPELINE_PROJECT_ROLES=(roles/dataflow.worker)

email() { echo "$1@$GCP_PROJECT_ID.iam.gserviceaccount.com"; }

report() { printf '%-13s %s\n' "$1" "$2"; }

# holds CHECK... -- COMMAND...: whether the check succeeds; leaves the command in COMMAND.
holds() {
  local check=()
  while [[ $1 != -- ]]; do
    check+=("$1")
    shift
  done
  COMMAND=("${@:2}")
  "${check[@]}" &>/dev/null
}

# act VERB LABEL COMMAND...: run it quietly, or only say so; its output appears if it fails.
act() {
  local verb=$1 label=$2 output
  shift 2
  if [[ $APPLY == no ]]; then
    report "would $verb" "$label"
  elif output=$("$@" 2>&1); then
    report "${verb%e}ed" "$label"
  else
    report FAILED "$label" >&2
    echo "$output" >&2
    return 1
  fi
}

check_access() {
  local tool
  for tool in gcloud bq; do
    command -v "$tool" >/dev/null || {
      echo "$tool is missing: install the Google Cloud CLI" >&2
      exit 1
    }
  done
  gcloud projects describe "$GCP_PROJECT_ID" >/dev/null || {
    echo "cannot see project $GCP_PROJECT_ID: check its name, and gcloud auth list" >&2
    exit 1
  }
}

declare -A POLICIES # of each resource asked about: one line per role and member

# has_role ROLE MEMBER GROUP... RESOURCE: GROUP is the gcloud command group of the resource.
has_role() {
  local role=$1 member=$2 group=("${@:3:$#-3}") resource=${!#} key=${*:3}
  [[ -v POLICIES[$key] ]] ||
    POLICIES[$key]=$(gcloud "${group[@]}" get-iam-policy "$resource" \
      --flatten='bindings[].members' --format='value(bindings.role,bindings.members)')
  grep -qxF "$role	$member" <<<"${POLICIES[$key]}"
}
