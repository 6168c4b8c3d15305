#!/usr/bin/env bash
# Checks this module without a cloud: its format, every resource against the providers' schemas, and
# its security. The tools go to build/terraform-checks, apart from the project's own environment.
#
# What is not proved: a plan, which needs the providers' programs, credentials and the project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/help.sh
source deploy/help.sh
answer_help "$@"
tools=build/terraform-checks
wheels=(cdktf-cdktf-provider-google==16.12.1 cdktf-cdktf-provider-google-beta==16.12.1)

if [[ ! -e $tools/installed ]]; then
  python3 -m venv "$tools/venv"
  if ! "$tools/venv/bin/pip" install --quiet checkov==3.3.30 ||
    ! "$tools/venv/bin/pip" download --quiet --no-deps --dest "$tools/wheels" "${wheels[@]}"; then
    echo "SKIPPED: checkov and the providers' schemas cannot be fetched from the package index" >&2
    exit 3
  fi
  touch "$tools/installed"
fi
if command -v terraform >/dev/null; then
  terraform fmt -check -recursive deploy/terraform || exit 1 # its own code for that is 3
  echo "terraform fmt: nothing to change"
else
  echo "SKIPPED: terraform is not installed, so the format is not checked" >&2
fi
"$tools/venv/bin/python" deploy/terraform/check_schema.py "$tools"/wheels/*.whl
"$tools/venv/bin/checkov" --config-file deploy/terraform/.checkov.yaml --directory deploy/terraform
echo "checkov: nothing found"
