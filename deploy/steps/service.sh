#!/usr/bin/env bash
# Prints one fact about the edge's Cloud Run service, or nothing if there is none.
#
#   deploy/steps/service.sh ENVIRONMENT serving          the revision that has the traffic
#   deploy/steps/service.sh ENVIRONMENT url [TAG]        the service's address, or a tag's
#   deploy/steps/service.sh ENVIRONMENT revision TAG     the revision behind a tag
#   deploy/steps/service.sh ENVIRONMENT candidates       the tags of candidates, separated by commas
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$1"

services=$(gcloud run services list --region="$REGION" --format=json)
python3 -c '
import json, sys

name, fact, tag = sys.argv[1:]
for service in json.load(sys.stdin):
    if service["metadata"]["name"] != name:
        continue
    status = service.get("status", {})
    traffic = status.get("traffic", [])
    if fact == "serving":
        ready = status.get("latestReadyRevisionName")
        busiest = max(traffic, key=lambda target: target.get("percent", 0), default={})
        print(busiest.get("revisionName", ready) if ready else "")
    elif fact == "candidates":
        tags = (target.get("tag", "") for target in traffic)
        print(",".join(one for one in tags if one.startswith("candidate-")))
    elif not tag:
        print(status.get("url", ""))
    else:
        key = {"url": "url", "revision": "revisionName"}[fact]
        print(next((target[key] for target in traffic if target.get("tag") == tag), ""))
' "$EDGE_SERVICE" "$2" "${3:-}" <<<"$services"
