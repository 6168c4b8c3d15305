#!/usr/bin/env bash
# Builds images without a registry and without a daemon, as root. One debootstrapped Debian stands in
# for the base images; it, the wheels and the layers are kept in build/rehearsal, so that a second
# build needs no network and takes seconds.
#
#   PYTHON=.venv/bin/python tests/rehearsal/build_image.sh pipeline edge console
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cache=$PWD/build/rehearsal
base=localhost/stand-in
# Always the same: buildah's cache does not notice when only the value of an argument changes.
revision=0123456789abcdef
mkdir -p "$cache"
# A store of its own: whoever has this file in the environment sees the images.
export CONTAINERS_STORAGE_CONF=$cache/storage.conf
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' \
  "$cache/store" "$cache/run" >"$CONTAINERS_STORAGE_CONF"

# buildah leaves its store mounted, and a mounted folder cannot be removed: give it its own mounts.
buildah() { unshare --mount buildah "$@"; }

# Debian keeps its own Python for its own packages, and has no `python`; the official image does.
debian_with_python() { # FOLDER
  debootstrap --variant=minbase \
    --include=ca-certificates,python3,python3-pip,python3-setuptools,python3-wheel bookworm "$1"
  rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/usr/lib/python3*/EXTERNALLY-MANAGED
  ln -s python3 "$1/usr/bin/python"
  printf '[global]\nno-index = true\nfind-links = /wheelhouse\n' >"$1/etc/pip.conf"
  install -D tests/rehearsal/stand-in.sh "$1/opt/google/dataflow/python_template_launcher"
  install -D tests/rehearsal/stand-in.sh "$1/opt/apache/beam/boot"
}

commit_base() {
  local folder=$cache/debian container
  rm -rf "$folder"
  debian_with_python "$folder"
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$folder" /
  buildah commit --quiet --rm "$container" "$base"
  rm -rf "$folder"
}

# The host's pip knows how to reach its index; the build sees the files alone.
download_wheels() { # REQUIREMENTS FOLDER
  cmp --silent "$1" "$2/requirements.txt" && return
  rm -rf "$2"
  "${PYTHON:-python3}" -m pip download --quiet --no-deps --require-hashes \
    --requirement "$1" --dest "$2"
  cp "$1" "$2/"
}

build() { # NAME FOLDER CONTEXT
  local wheels=$cache/wheels-$1
  download_wheels "$2/requirements.txt" "$wheels"
  buildah build --isolation=chroot --layers --pull-never \
    --build-arg PYTHON_IMAGE="$base" --build-arg BEAM_IMAGE="$base" \
    --build-arg LAUNCHER_IMAGE="$base" --build-arg REVISION="$revision" \
    --volume "$wheels:/wheelhouse:ro" --file "$2/Dockerfile" --tag "localhost/aegis-$1" "$3"
}

[[ -n $(buildah images --quiet "$base" 2>/dev/null) ]] || commit_base
for name in "$@"; do
  case $name in
    pipeline) build pipeline flex_template . ;;
    edge)
      make --silent stage-function STAGE="$cache/function"
      build edge ingest_function "$cache/function"
      ;;
    console) build console console . ;;
  esac
done
