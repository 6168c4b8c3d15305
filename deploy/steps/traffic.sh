#!/usr/bin/env bash
# Gives the checked candidate the traffic, whatever a roll-back or an earlier build left behind.
#
#   deploy/steps/traffic.sh ENVIRONMENT
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
[[ -n $CANDIDATE ]] || give_up "no revision has this build's tag"

# All of the tags: a build that died left its own.
gcloud run services update-traffic "$EDGE_SERVICE" --region="$REGION" --quiet \
  --to-revisions="$CANDIDATE=100" --remove-tags="$CANDIDATE_TAGS"
echo "$CANDIDATE serves"
if [[ $SERVING != "$CANDIDATE" ]]; then
  echo "To roll back: gcloud run services update-traffic $EDGE_SERVICE --project=$GCP_PROJECT_ID" \
    "--region=$REGION --to-revisions=$SERVING=100"
fi
release_lock
