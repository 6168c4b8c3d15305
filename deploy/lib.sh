# shellcheck shell=bash
# The verbs of setup.sh, teardown.sh and renew_alerts.sh, which source this file.
# shellcheck disable=SC2034,SC2154
source deploy/environment.sh

APPLY=no
usage() {
  echo "usage: $0 ENVIRONMENT [--dry-run | --apply]; the default is --dry-run" >&2
  exit 2
}
answer_help "$@"
if (($# < 1 || $# > 2)) || [[ $1 == -* ]]; then usage; fi
case ${2:-} in
  '' | --dry-run) ;;
  --apply) APPLY=yes ;;
  *) usage ;;
esac
load_environment "$1"

# Project-wide, because these services have no narrower resource to grant on.
DEPLOYER_PROJECT_ROLES=(
  roles/bigquery.jobUser           # looks for the row of its check
  roles/cloudbuild.builds.builder  # runs cloudbuild.yaml
  roles/dataflow.developer
  roles/run.developer
  roles/run.invoker                # checks a candidate that refuses strangers
  roles/serviceusage.serviceUsageConsumer # gcloud asks whether the API is on
)
# https://cloud.google.com/dataflow/docs/guides/templates/run-flex-templates#permissions asks for the
# viewer: the launcher runs as this account too.
PIPELINE_PROJECT_ROLES=(roles/dataflow.worker roles/viewer)

REJECTIONS_METRIC=aegis_edge_rejections
DASHBOARD="Aegis: events from the edge to BigQuery"

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

# ensure LABEL CHECK... -- CREATE...: create unless the check succeeds.
ensure() {
  if holds "${@:2}"; then
    report exists "$1"
  else
    act create "$1" "${COMMAND[@]}"
  fi
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

# Of the schemas, which need BigQuery's library.
PYTHON=${PYTHON:-.venv/bin/python}

check_access() {
  local tool
  [[ -n $(command -v "$PYTHON") ]] || {
    echo "$PYTHON is missing: run make install" >&2
    exit 1
  }
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
