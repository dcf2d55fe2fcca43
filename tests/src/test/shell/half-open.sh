#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# half-open.sh COMMAND...: in a network of its own, starts the server COMMAND on port 8080 and a reader, then
# loses every packet between them, and waits until the server has found out. Ends with 0 if it has.
set -eu
PATH=$PATH:/usr/sbin:/sbin
folder=$(mktemp -d)
server='' reader=''
end() {
  kill -9 $server $reader 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT

until_() { # until_ TENTHS_MAX COMMAND...
  left=$1
  shift
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "in vain: $*"; cat "$folder"/*.log; exit 1; }
    sleep 0.1
  done
}
readers() { ss -Htn state established sport = :8080 | wc -l; }
nobody() { [ "$(readers)" -eq 0 ]; }

ip link set lo up
"$@" >"$folder/server.log" 2>&1 &
server=$!
until_ 600 grep -q 'http://' "$folder/server.log"
curl -sN --noproxy '*' 'http://127.0.0.1:8080/.well-known/mercure?topic=t' >"$folder/reader.log" &
reader=$!
until_ 100 test -s "$folder/reader.log"
[ "$(readers)" -eq 1 ] || { echo "readers: $(readers)"; exit 1; }

tc qdisc add dev lo root tbf rate 8bit burst 1 limit 1 # nothing fits: every packet is lost
until_ 200 nobody
kill -0 $reader # which has not been told
echo "found"
