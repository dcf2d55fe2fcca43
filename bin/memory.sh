# SPDX-License-Identifier: Apache-2.0
# Sourced: how much memory the process may use, and what each part of it gets. Without programs: every start waits for this.

first_number() { # into $number: the first word of the file at $1 if it is a number, else empty
  local word=
  number=
  [ -r "$1" ] || return 0
  read -r word _ <"$1" || true
  [[ ! $word =~ ^[0-9]{1,18}$ ]] || number=$word
}

limit_mib_by() { # lowers $mib to the limits in files named $3 from the group at $2 up to $1
  local group=$2
  while :; do
    first_number "$1$group/$3"
    if [ -n "$number" ] && [ $((number >> 20)) -lt "$mib" ]; then
      mib=$((number >> 20))
    fi
    [ -n "$group" ] || return 0
    group=${group%/*}
  done
}

# Into $mib: the machine's memory, or what its container may use of it; 0 when nobody says. $1: where /proc and /sys are, for tests.
usable_mib() {
  local line name kib number
  mib=0
  if [ -r "${1:-}/proc/meminfo" ]; then
    while read -r name kib _; do
      [ "$name" != MemTotal: ] || { mib=$((kib >> 10)) && break; }
    done <"${1:-}/proc/meminfo"
  elif [[ ${OSTYPE:-} == darwin* ]]; then
    mib=$(($(sysctl -n hw.memsize 2>/dev/null || echo 0) >> 20))
  fi
  [ "$mib" -gt 0 ] && [ -r "${1:-}/proc/self/cgroup" ] || return 0
  while IFS= read -r line; do # hierarchy:controllers:group, cgroups(7); in a container the group may be one of its host
    case $line in
      0::*) limit_mib_by "${1:-}/sys/fs/cgroup" "${line#0::}" memory.max ;;
      *:memory:* | *:memory,*:* | *,memory:* | *,memory,*) limit_mib_by "${1:-}/sys/fs/cgroup/memory" "${line#*:*:}" memory.limit_in_bytes ;;
    esac
  done <"${1:-}/proc/self/cgroup"
}

at_most() { share=$(($1 < $2 ? $1 : $2)); }

# Into $memory_flags: the runtime's options for $1 MiB in all (docs/operations.md has the table).
share_memory() {
  local all=$1 heap frames direct netty share
  [ "$all" -gt 0 ] || all=4096 # nobody says: as if it were a small machine
  [ "$all" -ge 512 ] || all=512
  if [ "$all" -lt 2048 ]; then
    heap=$((all / 4))
    frames=$((64 + (all - 512) * 448 / 1536))
  else
    at_most $((512 + (all > 4096 ? (all - 4096) / 20 : 0))) 1536
    heap=$share
    frames=$share
  fi
  at_most $((all / 8)) 512
  direct=$((frames + share))
  at_most $((all < 4096 ? all / 8 : 1024)) 1024
  netty=$share
  memory_flags="-Xmx${heap}m -XX:MaxDirectMemorySize=${direct}m -Dio.netty.maxDirectMemory=$((netty << 20))
    -Dteleprinter.memory.frames=$((frames << 20)) -Dteleprinter.memory.total=$(($1 << 20))"
}
