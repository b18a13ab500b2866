# shellcheck shell=bash
# Completion of tunnelctl(8) for bash: commands, options, and the sites of /etc/tunneld/sites (or of
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

# The words before the cursor that are no options, nor their values: the command first.
_tunnelctl_plain_words() {
  local index
  for ((index = 1; index < cword; ++index)); do
    case ${words[index]} in
      --config | --socket | --answer-timeout | --until | --timeout | --site | --type | --lines | -n) ((++index)) ;;
      --pcap | --octets | --count | --rules | --nat | --packets | --address | --seed | --set | --rule | --verdict | --to) ((++index)) ;;
      -*) ;;
      *) printf '%s\n' "${words[index]}" ;;
    esac
  done
}

# Completes the value of option $1; fails if it is none that has a value.
_tunnelctl_value() {
  local states='down waiting listening resolve connect host-key auth lcp ppp-auth ncp up closing'
  case $1 in
    --config | --to) _filedir -d ;;
    --socket | --pcap | --rules | --nat | --packets) _filedir ;;
    --answer-timeout | --timeout | --lines | -n | --octets | --count | --address | --seed | --set | --rule) ;;
    --until) mapfile -t COMPREPLY < <(compgen -W "$states restarting" -- "$cur") ;;
    --site) mapfile -t COMPREPLY < <(compgen -W "$(_tunnelctl_sites)" -- "$cur") ;;
    --type) mapfile -t COMPREPLY < <(compgen -W 'ppp auth console filter nat' -- "$cur") ;;
    --verdict) mapfile -t COMPREPLY < <(compgen -W 'pass block log' -- "$cur") ;;
    *) return 1 ;;
  esac
}

_tunnelctl() {
  local cur prev words cword split
  _init_completion -s || return
  if _tunnelctl_value "$prev"; then return; fi
  $split && return

  local plain found choices='' options='--help --config --socket --answer-timeout'
  mapfile -t plain < <(_tunnelctl_plain_words)
  case ${plain[0]-} in
    '')
      choices='status up down restart retry reload restart-daemon check log routes leases metrics trace key filter nat import version'
      options+=' --version'
      ;;
    status)
      options+=' --json --watch --until --timeout'
      ((${#plain[@]} > 1)) || choices=$(_tunnelctl_sites)
      ;;
    up | restart | retry) options+=' --json --all' choices=$(_tunnelctl_sites) ;;
    down) options+=' --json --all --withdraw' choices=$(_tunnelctl_sites) ;;
    check) options+=' --json'; ((${#plain[@]} > 1)) || [[ $cur == -* ]] || _filedir ;;
    log) options+=' --json --follow --all --site --type --lines --rule --address --verdict' ;;
    trace)
      options+=' --pcap --all --octets --count'
      ((${#plain[@]} > 1)) || choices=$(_tunnelctl_sites)
      ;;
    reload | restart-daemon | routes | leases | metrics | version) options+=' --json' ;;
    filter)
      case ${plain[1]-} in
        '') choices='show test stats states flush' ;;
        show) options+=' --json --rules --nat --set' ;;
        stats) options+=' --json --unused' ;;
        states) options+=' --json' ;;
        flush) options+=' --json --yes' ;;
        test)
          options+=' --json --rules --nat --set --packets --hex --explain --block-by-default --address --seed'
          ;;
      esac
      ;;
    nat)
      options+=' --json'
      ((${#plain[@]} > 1)) || choices='rules sessions'
      ;;
    import)
      if [[ ${plain[1]-} == freebsd ]]; then
        options+=' --json --to'
        ((${#plain[@]} > 2)) || [[ $cur == -* ]] || _filedir -d
      else
        choices=freebsd
      fi
      ;;
    key)
      case ${plain[1]-} in
        '') choices='gen show authorized-keys' ;;
        gen) options+=' --json --force' ;;&
        show) options+=' --json' ;;&
        gen | show) ((${#plain[@]} > 2)) || choices=$(_tunnelctl_sites) ;;
      esac
      ;;
  esac
  [[ $cur != -* ]] || choices=$options
  mapfile -t found < <(compgen -W "$choices" -- "$cur")
  COMPREPLY+=("${found[@]}")
}

complete -F _tunnelctl tunnelctl
