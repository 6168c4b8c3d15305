#!/usr/bin/env bash
# Refuses to go on if the serving revision was built from a newer commit: two pushes raced, or an
# old build was run again. An older commit comes back by a roll-back (docs/flex-template.md).
#
#   deploy/steps/refuse_older.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$1"

serving=$(deploy/steps/service.sh "$1" serving)
[[ -n $serving ]] || exit 0
theirs=$(gcloud run revisions describe "$serving" --region="$REGION" \
  --format='value(metadata.labels.committed)')
ours=$(<build/release/committed)
if ((ours != 0 && ${theirs:-0} > ours)); then
  echo "refused: $serving serves a commit of $(date -u -d "@$theirs" +%FT%TZ), newer than this one" \
    "of $(date -u -d "@$ours" +%FT%TZ)" >&2
  exit 1
fi
