#!/usr/bin/env bash
# A Docker Engine for the compose tests, on a Debian machine that need have none: unpacked under WORKDIR, so that
# nothing is installed, and run as root with its own socket there. It leaves the firewall and the forwarding of the host
# alone, so containers reach each other and no network outside, and a build needs `network: host`.
# usage: engine.sh unpack WORKDIR
#        engine.sh start WORKDIR [FOLDER]      FOLDER comes first on the daemon's PATH
#        engine.sh stop WORKDIR
set -euo pipefail
verb=${1:?unpack, start or stop} work=$(realpath -m "${2:?WORKDIR}") first=${3:+$(realpath "$3"):}
root=$work/root
# What the daemon, its runtime and its client need beyond the base of any Debian, and what makes a Debian image.
packages=(docker.io docker-cli docker-compose docker-buildx containerd runc tini mmdebstrap
  iptables libxtables12 libip4tc2 libip6tc2 libnftnl11 libmnl0 libnfnetlink0 libnetfilter-conntrack3)

fail() { echo "$1" >&2; exit 1; }

unpack() {
  [ "$(id -u)" = 0 ] || fail "A Docker Engine runs as root only: run the compose tests as root."
  command -v apt-get >/dev/null || fail "The engine comes from Debian's packages and there is no apt-get: use Debian."
  mkdir -p "$work"/apt/{lists,cache/archives}/partial "$work"/apt/parts "$root"
  # Engine and Compose plugin are newer in the next release; what links to libraries comes from the host's own.
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" | head -n 1)
  [ -n "$mirror" ] || fail "apt knows no source for $codename, this Debian's release: add one to its sources."
  signed="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
  printf "deb $signed $mirror %s main\n" "$codename" trixie | sort -u > "$work/apt/sources.list"
  cat > "$work/apt/preferences" <<'P'
Package: *
Pin: release n=trixie
Pin-Priority: 50

Package: docker.io docker-cli docker-compose docker-buildx containerd tini
Pin: release n=trixie
Pin-Priority: 600
P
  options=(-q -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts="$work/apt/parts"
    -o Dir::Etc::preferences="$work/apt/preferences" -o Dir::State::lists="$work/apt/lists"
    -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$work/apt/cache/archives" && apt-get "${options[@]}" download "${packages[@]}")
  for package in "$work"/apt/cache/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
  for name in iptables ip6tables; do ln -sf "xtables-nft-multi" "$root/usr/sbin/$name"; done
  mkdir -p "$work/client/cli-plugins"
  ln -sf "$root"/usr/libexec/docker/cli-plugins/* "$work/client/cli-plugins/"
  rm -rf "$work/apt"
}

start() {
  libraries=$(echo "$root"/usr/lib/*-linux-gnu*)
  setsid nohup env PATH="$first$root/usr/bin:$root/usr/sbin:$PATH" LD_LIBRARY_PATH="$libraries" \
    XTABLES_LIBDIR="$libraries/xtables" dockerd --data-root "$work/data" --exec-root "$work/run" \
    --pidfile "$work/dockerd.pid" -H "unix://$work/docker.sock" --storage-driver overlay2 \
    --iptables=false --ip6tables=false --bridge=none --ip-forward=false --ip-masq=false \
    --init-path "$root/usr/bin/tini-static" --userland-proxy-path "$root/usr/sbin/docker-proxy" \
    >>"$work/dockerd.log" 2>&1 </dev/null &
  for _ in $(seq 120); do
    ! DOCKER_HOST=unix://$work/docker.sock "$root/usr/bin/docker" info >/dev/null 2>&1 || return 0
    sleep .5
  done
  tail -n 30 "$work/dockerd.log" >&2
  fail "The Docker Engine did not start within a minute; the end of $work/dockerd.log stands above."
}

stop() {
  # containerd is a child of the daemon, and may outlive it for a moment in which it still writes.
  pids=()
  for file in "$work/dockerd.pid" "$work/run/containerd/containerd.pid"; do
    [ ! -s "$file" ] || pids+=("$(cat "$file")")
  done
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || continue 2; sleep .2; done
    kill -9 "$pid" 2>/dev/null || true
  done
  # Its network namespaces, and whatever a daemon that was killed has left: the folder is to be deleted.
  awk -v below="$work/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r |
    xargs --no-run-if-empty umount --lazy
}

case $verb in
unpack | start | stop) "$verb" ;;
*) fail "usage: engine.sh unpack|start|stop WORKDIR [FOLDER]" ;;
esac
