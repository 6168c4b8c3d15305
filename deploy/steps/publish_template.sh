#!/usr/bin/env bash
# Publishes the template's spec under its revision, and then as the latest.
#
#   deploy/steps/publish_template.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
image=$(<build/release/pipeline.image)
[[ $image == *@sha256:* ]] || {
  echo "refused: $image can still move, because it has no digest" >&2
  exit 1
}
folder=$BUCKET/templates
spec=$(mktemp)
trap 'rm -f "$spec"' EXIT

gcloud dataflow flex-template build "$folder/latest.json" --print-only --format=json \
  --image="$image" --sdk-language=PYTHON --metadata-file=metadata.json \
  --additional-experiments=streaming_mode_at_least_once |
  python3 -m deploy.steps.spec metadata.json >"$spec"
gcloud storage cp "$spec" "$folder/$(<build/release/revision).json"
gcloud storage cp "$spec" "$folder/latest.json"
