#!/usr/bin/env bash
# Completion of tunnelctl, as bash would ask for it.
#
#   completion-test.sh TUNNELCTL      the program, to compare with what it knows itself
# shellcheck disable=SC2034  # COMP_* are read by the completion
set -eo pipefail  # bash-completion reads variables that may not be set

readonly tunnelctl=$1
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. /usr/share/bash-completion/bash_completion
# shellcheck source=rc/completion/tunnelctl.bash
. "$here/../../rc/completion/tunnelctl.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/sites"
touch "$folder/sites/labs.toml" "$folder/sites/lisbon.toml" "$folder/sites/notes.txt"
failures=0

# Prints what the last word of the command line may become, sorted, in one line.
completions() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMP_LINE="$*"
  COMP_POINT=${#COMP_LINE}
  COMPREPLY=()
  _tunnelctl || true
  printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}

# offers EXPECTED WORD...
offers() {
  local got
  got=$(completions "${@:2}")
  if [[ $got == "$1" ]]; then
    printf 'ok    %s: %s\n' "${*:2}" "$1"
  else
    printf 'FAIL  %s: "%s" instead of "%s"\n' "${*:2}" "$got" "$1"
    failures=$((failures + 1))
  fi
}

# Prints the options, or the subcommands, that --help names.
options_in_help() {
  "$tunnelctl" "$@" --help | grep --only-matching --extended-regexp '^ +(-.,)?--[a-z-]+' |
    sed 's/.*--/--/' | sort | tr '\n' ' ' | sed 's/ *$//'
}

commands_in_help() {
  "$tunnelctl" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort | tr '\n' ' ' |
    sed 's/ *$//'
}

offers "$(commands_in_help)" tunnelctl ''
offers 'status' tunnelctl st
offers 'labs lisbon' tunnelctl --config "$folder" status ''
offers 'lisbon' tunnelctl --config "$folder" up labs li
offers '' tunnelctl --config "$folder" status labs ''
offers 'labs lisbon' tunnelctl --config "$folder" log --site ''
offers 'auth console filter nat ppp' tunnelctl log --type ''
offers 'block log pass' tunnelctl log --verdict ''
offers 'rules sessions' tunnelctl nat ''
offers 'authorized-keys gen show' tunnelctl key ''
offers 'labs lisbon' tunnelctl --config "$folder" key show ''
offers 'flush show states stats test' tunnelctl filter ''
offers "$folder/sites" tunnelctl filter show --rules "$folder/si"
offers 'flush show states stats test' tunnelctl --config "$folder" filter ''
offers 'freebsd' tunnelctl import ''
offers "$folder/sites" tunnelctl import freebsd "$folder/si"
offers "$folder/sites" tunnelctl import freebsd x --to "$folder/si"
offers 'up' tunnelctl status --until u
offers 'down' tunnelctl status --until=d
for command in status up down restart retry reload restart-daemon check log routes leases metrics trace version 'key gen' 'key show' 'filter show' 'filter test' 'filter states' 'nat rules' 'nat sessions' 'import freebsd'; do
  # shellcheck disable=SC2086  # two words
  for option in $(options_in_help $command); do
    offers "$option" tunnelctl $command "$option"
  done
done
printf '%d failed\n' "$failures"
((failures == 0))
