# SPDX-License-Identifier: Apache-2.0
# Sourced: sets JAVA_HOME to a JDK of version 25 or newer, or says where none was found and exits 2.

jdk_version() { # the feature version of the JDK at $1, empty when it is none
  [ -n "$1" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  local line
  while IFS= read -r line; do # without a program: every start waits for this
    if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
      printf '%s\n' "${BASH_REMATCH[1]}"
      return
    fi
  done <"$1/release"
}

find_jdk25() {
  local javac home version best='' best_version=0
  version=$(jdk_version "${JAVA_HOME:-}")
  if [ "${version:-0}" -ge 25 ]; then
    printf '%s\n' "$JAVA_HOME"
    return
  fi
  home=$(javac=$(command -v javac 2>/dev/null) && dirname "$(dirname "$(readlink -f "$javac")")") || home=
  version=$(jdk_version "$home")
  if [ "${version:-0}" -ge 25 ]; then
    printf '%s\n' "$home"
    return
  fi
  for home in /usr/lib/jvm/* /opt/java/* /opt/jdk* /usr/local/openjdk* "$HOME"/.sdkman/candidates/java/* \
    "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$([ -x /usr/libexec/java_home ] && /usr/libexec/java_home -v 25 2>/dev/null)"; do
    version=$(jdk_version "$home")
    # The oldest that will do: 25 is what everything was tested with.
    if [ "${version:-0}" -ge 25 ] && { [ -z "$best" ] || [ "$version" -lt "$best_version" ]; }; then
      best=$home
      best_version=$version
    fi
  done
  printf '%s\n' "$best"
}

JAVA_HOME=$(find_jdk25)
if [ -z "$JAVA_HOME" ]; then
  echo "teleprinter: no JDK 25 found (looked at JAVA_HOME, PATH, /usr/lib/jvm, ~/.sdkman, ~/.jdks): install one, or set JAVA_HOME" >&2
  exit 2
fi
export JAVA_HOME
# Maven's own libraries warn without the first; Netty's natives without the second.
export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
