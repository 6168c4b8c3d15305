#!/usr/bin/env bash
# Creates what Aegis needs in a Google Cloud project. Safe to run again, also after an upgrade: it
# creates what is missing, says what differs from this version, and never changes or deletes it.
#
#   deploy/setup.sh production            say what would be created
#   deploy/setup.sh production --apply    create it
#
# Reads deploy/environments/production.env. One line per resource.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh
# shellcheck source=deploy/resources.sh
source deploy/resources.sh
# shellcheck source=deploy/grants.sh
source deploy/grants.sh
# shellcheck source=deploy/monitoring.sh
source deploy/monitoring.sh

# compare LABEL WANTED FOUND: a difference is the reader's to judge, so it is only reported.
compare() {
  [[ $2 == "$3" ]] || report differs "$1: is ${3:-unset}, this version sets ${2:-none}"
}

next_steps() {
  if [[ $APPLY == no ]]; then
    echo "Nothing was changed; run again with --apply to create what is missing."
    return
  fi
  cat <<END

Next, test, build and deploy everything:

gcloud beta builds submit --project=$GCP_PROJECT_ID --region=$REGION --config=cloudbuild.yaml \\
  --substitutions=_ENVIRONMENT=$ENVIRONMENT,_REGION=$REGION,_REPOSITORY=$ARTIFACT_REPOSITORY,_DEPLOYER=$DEPLOYER_ACCOUNT,_JOB_ACTION=deploy
END
}

check_access
apis
# Accounts first and grants last: a new account takes a while to be known to IAM everywhere.
service_accounts
topic_and_subscription
dataset
tables
bucket
repository
secrets
grants
rejections_metric
notification_channel
alert_policies
dashboard
next_steps
