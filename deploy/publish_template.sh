#!/usr/bin/env bash
# Publishes the template's spec under its revision, and then as the latest.
#
#   deploy/publish_template.sh IMAGE@DIGEST gs://BUCKET/templates REVISION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if (($# != 3)) || [[ $1 != *@sha256:* ]]; then
  echo "usage: $0 IMAGE@sha256:... gs://BUCKET/templates REVISION" >&2
  exit 2
fi
image=$1 folder=$2 revision=$3
spec=$(mktemp)
trap 'rm -f "$spec"' EXIT

gcloud dataflow flex-template build "$folder/$revision.json" --print-only --format=json \
  --image="$image" --sdk-language=PYTHON --metadata-file=metadata.json |
  python3 deploy/spec.py metadata.json >"$spec"
gcloud storage cp "$spec" "$folder/$revision.json"
gcloud storage cp "$spec" "$folder/latest.json"
