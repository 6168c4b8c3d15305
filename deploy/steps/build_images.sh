#!/usr/bin/env bash
# Builds and pushes the three images, then writes their digests to build/release: from there on an
# image goes by its digest, which nobody can move.
#
#   deploy/steps/build_images.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/help.sh
source deploy/help.sh
answer_help "$@"
# No settings: Cloud Build's docker image has Python 3.8, which cannot read them.
images=$(<build/release/images)
revision=$(<build/release/revision)

build() { # NAME DOCKERFILE CONTEXT
  local image=$images/$1
  # A build without layers to start from is only slower.
  docker pull --quiet "$image:latest" || true
  docker build --file "$2" --cache-from "$image:latest" --build-arg BUILDKIT_INLINE_CACHE=1 \
    --build-arg REVISION="${COMMIT_SHA:-$revision}" \
    --build-arg VERSION="$(<build/release/version)" \
    --tag "$image:$revision" --tag "$image:${BUILD_ID:-$revision}" --tag "$image:latest" "$3"
  docker push --quiet "$image:$revision"
  docker push --quiet "$image:latest"
  docker inspect --format '{{index .RepoDigests 0}}' "$image:$revision" >"build/release/$1.image"
  cat "build/release/$1.image"
}

build pipeline flex_template/Dockerfile .
build edge ingest_function/Dockerfile build/function
build console console/Dockerfile .
