#!/usr/bin/env bash
# Sends a real event through the candidate, and looks for its row or its message.
#
#   deploy/steps/check_candidate.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/environment.sh
source deploy/environment.sh
load_environment "$@"
# shellcheck source=deploy/steps/lock.sh
source deploy/steps/lock.sh
hold_lock

python3 -m deploy.steps.check_edge "$1" "$(<build/release/tag)"
