# shellcheck shell=bash
# Sourced by every script here, after it has changed to the project's folder.

# answer_help ARGUMENT...: if the first one asks for help, prints what the script's head says, and
# ends it.
answer_help() {
  [[ ${1:-} == --help || ${1:-} == -h ]] || return 0
  cd "$OLDPWD" || exit # from where `$0` leads to the script
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit 0
}
