#!/usr/bin/env bash
# Gives the checked candidate the traffic, whatever a roll-back or an earlier build left behind.
#
#   deploy/steps/traffic.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$1"
# shellcheck source=deploy/steps/lock.sh
source deploy/steps/lock.sh
hold_lock
deploy/steps/refuse_older.sh "$1"

tag=$(<build/release/tag)
before=$(deploy/steps/service.sh "$1" serving)
candidate=$(deploy/steps/service.sh "$1" revision "$tag")
# All of them: a build that died left its own.
gcloud run services update-traffic "$EDGE_SERVICE" --region="$REGION" --quiet \
  --to-revisions="$candidate=100" --remove-tags="$(deploy/steps/service.sh "$1" candidates)"
echo "$candidate serves"
if [[ $before != "$candidate" ]]; then
  echo "To roll back: gcloud run services update-traffic $EDGE_SERVICE --project=$GCP_PROJECT_ID" \
    "--region=$REGION --to-revisions=$before=100"
fi
release_lock
