#!/usr/bin/env bash
# Makes the images that our Dockerfiles begin with from Debian's packages and this machine's Node.js, under the very
# names that stand there, since the tests need no image registry. They take over how this machine reaches packages (its
# certificates, the settings of its pip and npm), so that nothing of that has to stand in the repository.
# usage: bases.sh WORKDIR DOCKERFILE...          with the engine of WORKDIR up
set -euo pipefail
work=$(realpath "${1:?WORKDIR}") && shift
export DOCKER_HOST=unix://$work/docker.sock DOCKER_CONFIG=$work/client PATH=$work/root/usr/bin:$PATH
context=$work/bases

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$')
mkdir -p "$context/ca" "$context/node"
# usr-is-merged stands in for usrmerge, which brings all of Perl.
mmdebstrap --quiet --variant=minbase --include=ca-certificates,usr-is-merged --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='chroot "$1" apt-get -qq -y --autoremove purge usrmerge perl libperl5.36 perl-modules-5.36 >/dev/null' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' bookworm "$work/debian.tar" "$mirror"
docker import --change 'CMD ["bash"]' "$work/debian.tar" stand-in:debian >/dev/null
rm "$work/debian.tar"

cp /usr/local/share/ca-certificates/*.crt "$context/ca/" 2>/dev/null || true
# What names a host or says how to reach it; folders of wheels go to the build as a context of their own.
{
  echo '[global]'
  python3 -m pip config list | sed -nE "s/^(global|:env:)\.(index-url|extra-index-url|trusted-host|proxy|default-timeout)='(.*)'$/\2 = \3/p" |
    sed -E 's#file://[^ ]*##g' | grep -v '= *$' | sort -u -t= -k1,1 || true
  echo 'cert = /etc/ssl/certs/ca-certificates.crt'
} > "$context/pip.conf"
{
  echo 'cafile=/etc/ssl/certs/ca-certificates.crt'
  for key in registry omit-lockfile-registry-resolved; do echo "$key=$(npm config get "$key")"; done
} > "$context/npmrc"
cp -aL "$(command -v node)" "$context/node/node"
cp -a "$(npm root -g)/npm" "$context/node/npm"

# As the real ones, which leave nothing of apt's in an image.
cat > "$context/no-cache" <<'A'
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };
A

cat > "$context/Dockerfile" <<'D'
FROM stand-in:debian AS debian
COPY ca/ /usr/local/share/ca-certificates/
COPY no-cache /etc/apt/apt.conf.d/no-cache
RUN update-ca-certificates

FROM debian AS python
# With Python's headers, as the real one, and not the compilers that Debian's package of them asks for.
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && python3 -m venv /usr/local \
 && cd /tmp && apt-get download libpython3.11-dev && dpkg-deb --extract libpython3.11-dev*.deb headers \
 && cp -a headers/usr/include/. /usr/include/ && rm -rf /tmp/* /var/lib/apt/lists/*
COPY pip.conf /etc/pip.conf
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["python3"]

FROM debian AS node
COPY node/node /usr/local/bin/node
COPY node/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
COPY npmrc /usr/local/etc/npmrc
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
D
sed -nE 's/^FROM ((debian|python|node):[^ ]+).*/\2 \1/p' "$@" | sort -u | while read -r target name; do
  docker build --quiet --network host --target "$target" --tag "$name" "$context" >/dev/null
  echo "$name"
done
