#!/usr/bin/env bash
# Writes what each image holds as CycloneDX, from the hashed pins, and asks whether a pin has a known
# vulnerability. The tools go to build/release-tools, apart from the project's own environment.
#
#   deploy/release/bill_of_materials.sh            the lists: build/sbom/{edge,pipeline,console}.cdx.json
#   deploy/release/bill_of_materials.sh --scan     and the vulnerabilities; fails if there is one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
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
mkdir -p build/sbom
for image in "${!pins[@]}"; do
  "$tools/venv/bin/cyclonedx-py" requirements "${pins[$image]}" --output-reproducible \
    --of JSON -o "build/sbom/$image.cdx.json"
  echo "build/sbom/$image.cdx.json: $(grep -c '"purl"' "build/sbom/$image.cdx.json") packages"
  [[ ${1:-} != --scan ]] || "$tools/venv/bin/pip-audit" --disable-pip --require-hashes \
    --progress-spinner=off -r "${pins[$image]}"
done
