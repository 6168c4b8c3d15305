#!/usr/bin/env bash
# Builds one of the images without a registry and without a daemon, as root, and prints its name. One
# debootstrapped Debian stands in for the base images; what takes long is kept in build/rehearsal for
# the next time.
#
#   PYTHON=.venv/bin/python tests/rehearsal/build_image.sh pipeline|edge|console REVISION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=$1
revision=$2
cache=$PWD/build/rehearsal
base=localhost/stand-in
image=localhost/aegis-$name
wheels=$cache/wheels-$name
mkdir -p "$cache"
case $name in
  pipeline) folder=flex_template context=. ;;
  edge)
    folder=ingest_function context=$cache/function
    make --silent stage-function STAGE="$context" >&2
    ;;
  console) folder=console context=. ;;
esac
# A store of its own: whoever has this file in the environment sees the images.
export CONTAINERS_STORAGE_CONF=$cache/storage.conf
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' \
  "$cache/store" "$cache/run" >"$CONTAINERS_STORAGE_CONF"

# buildah leaves its store mounted, and a mounted folder cannot be removed: give it its own mounts.
buildah() { unshare --mount buildah "$@"; }

# The host's pip knows how to reach its index; the build sees the files alone.
download_wheels() {
  cmp --silent "$folder/requirements.txt" "$wheels/requirements.txt" && return
  rm -rf "$wheels"
  "${PYTHON:-python3}" -m pip download --quiet --no-deps --require-hashes \
    --requirement "$folder/requirements.txt" --dest "$wheels"
  cp "$folder/requirements.txt" "$wheels/"
}

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

{
  download_wheels
  [[ -n $(buildah images --quiet "$base" 2>/dev/null) ]] || commit_base
  buildah build --isolation=chroot --layers --pull-never \
    --build-arg PYTHON_IMAGE="$base" --build-arg BEAM_IMAGE="$base" \
    --build-arg LAUNCHER_IMAGE="$base" --build-arg REVISION="$revision" \
    --volume "$wheels:/wheelhouse:ro" --file "$folder/Dockerfile" --tag "$image" "$context"
} >&2
echo "$image"
