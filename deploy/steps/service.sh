# shellcheck shell=bash
# What a step has to know of the edge's Cloud Run service; the steps source this file after the
# settings.
# shellcheck disable=SC2154

# look_at_edge: sets SERVING, CANDIDATE and CANDIDATE_TAGS, as deploy/steps/service.py says.
look_at_edge() {
  local services facts tag=
  [[ ! -e build/release/tag ]] || tag=$(<build/release/tag)
  services=$(gcloud run services list --region="$REGION" --format=json)
  facts=$(python3 -m deploy.steps.service "$EDGE_SERVICE" "$tag" <<<"$services")
  eval "$facts"
}

# refuse_older: looks at the edge, and refuses to go on if the serving revision was built from a newer
# commit: two pushes raced, or an old build was run again. An older commit comes back by a roll-back
# (docs/flex-template.md).
refuse_older() {
  local theirs ours
  look_at_edge
  [[ -n $SERVING ]] || return 0
  theirs=$(gcloud run revisions describe "$SERVING" --region="$REGION" \
    --format='value(metadata.labels.committed)')
  ours=$(<build/release/committed)
  if ((ours != 0 && ${theirs:-0} > ours)); then
    echo "refused: $SERVING serves a commit of $(date -u -d "@$theirs" +%FT%TZ), newer than this one" \
      "of $(date -u -d "@$ours" +%FT%TZ)" >&2
    exit 1
  fi
}
