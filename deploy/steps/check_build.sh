#!/usr/bin/env bash
# Refuses a build that must not be deployed, before anything is built; names what the later steps
# call this build, in build/release.
#
#   deploy/steps/check_build.sh ENVIRONMENT
#
# Cloud Build sets PROJECT_ID, LOCATION, BUILD_ID and, in a trigger's build, SHORT_SHA or TAG_NAME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
# shellcheck source=deploy/steps/service.sh
source deploy/steps/service.sh

refuse() {
  echo "refused: $1" >&2
  exit 1
}

# expect NAME FOUND WANTED: a value that Cloud Build needs before it can read the settings.
expect() { [[ $2 == "$3" ]] || refuse "$1 is $2, but deploy/environments/$ENVIRONMENT.env says $3"; }

expect "the project" "${PROJECT_ID:-$GCP_PROJECT_ID}" "$GCP_PROJECT_ID"
[[ ${LOCATION:-global} == global ]] || expect "the build's region" "$LOCATION" "$REGION"
expect _REGION "${_REGION:-$REGION}" "$REGION"
expect _REPOSITORY "${_REPOSITORY:-$ARTIFACT_REPOSITORY}" "$ARTIFACT_REPOSITORY"
expect _DEPLOYER "${_DEPLOYER:-$DEPLOYER_ACCOUNT}" "$DEPLOYER_ACCOUNT"

# One name for tags, specs and labels. A label has no dots, so v1.2.3 becomes v1-2-3.
revision=${TAG_NAME:-${SHORT_SHA:-${BUILD_ID:-by-hand-$(date -u +%Y%m%d-%H%M%S)}}}
revision=${revision//[^a-zA-Z0-9_-]/-}
mkdir -p build/release
rm -f build/release/{lock,tag}
echo "${revision,,}" >build/release/revision
echo "$IMAGES" >build/release/images
# A build that was submitted by hand has no history: its zero lets every commit follow it.
git show --no-patch --format=%ct HEAD >build/release/committed 2>/dev/null ||
  echo 0 >build/release/committed
sed -n 's/^__version__ = "\(.*\)"$/\1/p' schemas/version.py >build/release/version
refuse_older
echo "build $(<build/release/revision) of version $(<build/release/version) for $ENVIRONMENT"
