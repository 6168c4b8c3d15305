#!/usr/bin/env bash
# Writes what each image holds as CycloneDX, from the hashed pins, and asks whether a pin has a known
# vulnerability. The tools go to build/release-tools, apart from the project's own environment.
#
#   deploy/release/bill_of_materials.sh            the lists: build/sbom/{edge,pipeline,console}.cdx.json
#   deploy/release/bill_of_materials.sh --scan     and the vulnerabilities; fails if there is one,
#                                                  and with 3 if none could be looked up
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/help.sh
source deploy/help.sh
answer_help "$@"
tools=build/release-tools
declare -A pins=(
  [edge]=ingest_function/requirements.txt
  [pipeline]=flex_template/requirements.txt
  [console]=console/requirements.txt
)

if [[ ! -e $tools/installed ]]; then
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet cyclonedx-bom==4.6.1 pip-audit==2.10.1 || {
    echo "SKIPPED: cyclonedx-bom and pip-audit cannot be fetched from the package index" >&2
    exit 3
  }
  touch "$tools/installed"
fi
# It ends with 1 for a vulnerability too, which audit.py tells from an index without advisories.
scan() { # IMAGE
  { "$tools/venv/bin/pip-audit" --disable-pip --require-hashes --progress-spinner=off \
    --format=json -r "${pins[$1]}" 2>/dev/null || (($? == 1)); } |
    python3 deploy/release/audit.py "$1"
}

outcome=0
mkdir -p build/sbom
for image in "${!pins[@]}"; do
  "$tools/venv/bin/cyclonedx-py" requirements "${pins[$image]}" --output-reproducible \
    --of JSON -o "build/sbom/$image.cdx.json"
  echo "build/sbom/$image.cdx.json: $(grep -c '"purl"' "build/sbom/$image.cdx.json") packages"
  [[ ${1:-} != --scan ]] || scan "$image" || outcome=$((outcome == 1 ? 1 : $?))
done
exit "$outcome"
