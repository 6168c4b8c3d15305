# shellcheck shell=bash
# Lets one build at a time change what serves; candidate.sh and what follows it source this file
# after the settings. The lock is an object that Cloud Storage makes only if there is none:
# https://cloud.google.com/storage/docs/request-preconditions
LOCK=$BUCKET/locks/deployment
# For an older build to end: its candidate, its job and their checks. Then the newer one goes on, or
# the older one is refused for being older.
: "${LOCK_WAIT_SECONDS:=2400}"
# A build that died with the lock cannot give it back; the steps that hold it take less than this.
: "${LOCK_STALE_SECONDS:=3600}"

# hold_lock: waits for another build to end; a script that fails from here on withdraws this
# build's candidate and gives the lock back.
hold_lock() {
  local held=build/release/lock deadline=$((SECONDS + LOCK_WAIT_SECONDS))
  if [[ ! -e $held ]]; then
    until create_lock; do
      remove_stale_lock && continue
      ((SECONDS < deadline)) || give_up "another build deploys to $ENVIRONMENT; it holds $LOCK"
      sleep 5
    done
  elif [[ $(describe_lock generation) != "$(<"$held")" ]]; then
    rm "$held"
    give_up "this build took too long, and another one has its lock"
  fi
  trap '(($? == 0)) || { withdraw_candidate; release_lock; }' EXIT
}

create_lock() {
  local created
  created=$(gcloud storage cp --if-generation-match=0 --print-created-message \
    build/release/revision "$LOCK" 2>&1) || {
    [[ $created == *"HTTPError 412"* ]] || give_up "$created"
    return 1
  }
  created=${created##*"$LOCK#"}
  echo "${created%%[!0-9]*}" >build/release/lock
}

# remove_stale_lock: whether it removed one.
remove_stale_lock() {
  local found generation made
  found=$(describe_lock generation,creation_time)
  read -r generation made <<<"$found"
  [[ -n $made ]] && (($(date +%s) - $(date -d "$made" +%s) >= LOCK_STALE_SECONDS)) || return 1
  echo "the lock is of $made: its build must have died" >&2
  # Two builds may see that at once; one of them removes it.
  gcloud storage rm --if-generation-match="$generation" "$LOCK"
}

describe_lock() { # FIELDS; nothing if there is no lock
  gcloud storage objects describe "$LOCK" --format="value($1)" 2>/dev/null || true
}

# A tag alone keeps EDGE_MIN_INSTANCES of a revision running, without any traffic:
# https://cloud.google.com/run/docs/configuring/min-instances
withdraw_candidate() {
  [[ -e build/release/tag ]] || return 0
  gcloud run services update-traffic "$EDGE_SERVICE" --region="$REGION" --quiet \
    --remove-tags="$(<build/release/tag)" >/dev/null || true
}

release_lock() {
  gcloud storage rm --if-generation-match="$(<build/release/lock)" "$LOCK"
  rm build/release/lock
}

give_up() {
  echo "refused: $1" >&2
  exit 1
}
