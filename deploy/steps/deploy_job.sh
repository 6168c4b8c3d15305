#!/usr/bin/env bash
# Deploys the job of this build, sends an event through the candidate and the new job, and puts the
# earlier job back if its row does not come.
#
#   deploy/steps/deploy_job.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
# shellcheck source=deploy/steps/lock.sh
source deploy/steps/lock.sh
# shellcheck source=deploy/steps/service.sh
source deploy/steps/service.sh
hold_lock
refuse_older

active_job() { # FORMAT
  gcloud dataflow jobs list --region="$REGION" --status=active --filter="name=$JOB_NAME" \
    --format="value($1)" --limit=1
}

before=$(active_job id)
earlier=
[[ -z $before ]] ||
  earlier=$(gcloud dataflow jobs describe "$before" --region="$REGION" --format='value(labels.revision)')
deploy/steps/job.sh "$1" "$(<build/release/revision)"
if ! python3 -m deploy.steps.check_edge "$1" "$(<build/release/tag)" --row; then
  if [[ -n $earlier ]]; then
    echo "going back to the job of $earlier" >&2
    deploy/steps/job.sh "$1" "$earlier"
  elif [[ -z $before ]]; then
    gcloud dataflow jobs cancel "$(active_job id)" --region="$REGION"
  else
    echo "the earlier job has no label \`revision\`, so the new one stays: docs/flex-template.md," \
      "\"Roll back\"" >&2
  fi
  exit 1
fi
