# shellcheck shell=bash
# Completion of tunnelctl(1) for bash: verbs, options, and the sites of /etc/tunneld/sites (or of
# the folder given with --config).

_tunnelctl_sites() {
  local folder=/etc/tunneld index file
  for ((index = 1; index < ${#words[@]} - 1; ++index)); do
    case ${words[index]} in
      --config) folder=${words[index + 1]} ;;
      --config=*) folder=${words[index]#--config=} ;;
    esac
  done
  for file in "$folder"/sites/*.toml; do
    [[ -e $file ]] || continue
    file=${file##*/}
    printf '%s\n' "${file%.toml}"
  done
}

# The words of the command line that are no options: the verb first.
_tunnelctl_plain_words() {
  local index
  for ((index = 1; index < cword; ++index)); do
    case ${words[index]} in
      --config | --socket | --site | --type) ((++index)) ;;
      -*) ;;
      *) printf '%s\n' "${words[index]}" ;;
    esac
  done
}

_tunnelctl() {
  local cur prev words cword split
  _init_completion -s || return

  case $prev in
    --config) _filedir -d; return ;;
    --socket) _filedir; return ;;
    --site) mapfile -t COMPREPLY < <(compgen -W "$(_tunnelctl_sites)" -- "$cur"); return ;;
    --type) mapfile -t COMPREPLY < <(compgen -W 'ppp auth' -- "$cur"); return ;;
  esac
  $split && return

  local plain choices='' options='--help'
  mapfile -t plain < <(_tunnelctl_plain_words)
  case ${plain[0]-} in
    '') choices='status up down restart retry reload check log key version' options+=' --version' ;;
    status) options+=' --json --watch'; ((${#plain[@]} > 1)) || choices=$(_tunnelctl_sites) ;;
    up | down | restart | retry)
      options+=' --json'
      ((${#plain[@]} > 1)) || choices=$(_tunnelctl_sites)
      ;;
    check) options+=' --json'; _filedir ;;
    log) options+=' --follow --site --type --json' ;;
    reload | version) options+=' --json' ;;
    key)
      options+=' --config --json'
      case ${plain[1]-} in
        '') choices='gen show authorized-keys' ;;
        gen | show) ((${#plain[@]} > 2)) || choices=$(_tunnelctl_sites) ;;
      esac
      ;;
  esac
  [[ $cur != -* ]] || choices=$options
  local found
  mapfile -t found < <(compgen -W "$choices" -- "$cur")
  COMPREPLY+=("${found[@]}")
}

complete -F _tunnelctl tunnelctl
