#!/usr/bin/env bash
# install.sh DIR NAME...   installs the peers of the end-to-end tests into DIR/bin, each in one version
#
# Only the clients of package registries are used: Go's, pip, npm, and Debian's without installing anything on the system.
# What is there in the right version stays. Two of these may run at once: the second waits.
#
# Standard output has a line for each peer: NAME, a tab, and its version, or `absent: ` and why it cannot be had on this
# machine. Standard error is for people. Ends with 0 if all are there or absent, with 1 if one could be had and was not
# installed, which is named with the last lines of its log.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
retry_delay=5

# name | kind | version | package
table='
cosign|go|v3.1.3|github.com/sigstore/cosign/v3/cmd/cosign
crane|go|v0.22.1|github.com/google/go-containerregistry/cmd/crane
oras|go|v1.3.6|oras.land/oras/cmd/oras
registry|go|v3.1.2|github.com/distribution/distribution/v3/cmd/registry
refreg|own|-|refreg
rekor-server-posix|go|v2.3.0|github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix
sigstore-local|own|-|sigstore-local
sigstore-python|pip|4.5.1|sigstore
sigstore-js|npm|4.1.3|@sigstore/verify
kyverno|wrapped|v1.19.1|github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno
skopeo|debian|bookworm|skopeo
buildah|debian|bookworm|buildah
docker-registry|debian|bookworm|docker-registry
docker|debian|bookworm|docker.io
dockerd|debian|bookworm|docker.io
'
# All that the packages above need of a Debian that has nothing but apt.
debian_packages='skopeo buildah docker-registry docker.io containerd runc libgpgme11 libassuan0 libdevmapper1.02.1 libseccomp2'

die() { echo "install.sh: $*" >&2; exit 2; }
note() { echo "install.sh: $*" >&2; }
row() { grep -m1 "^$1|" <<<"$table"; }

[ $# -ge 2 ] || die "usage: install.sh DIR NAME..."
mkdir -p "$1" || die "cannot make $1"
dir=$(cd "$1" && pwd)
shift
for name in "$@"; do [ -n "$(row "$name")" ] || die "no such peer: $name"; done
mkdir -p "$dir/bin" "$dir/stamp" "$dir/log" "$dir/build"

# Why a peer cannot be had on this machine, or nothing.
absent() { # name kind
  case $2 in
    pip) command -v python3 >/dev/null || echo "there is no Python"; return ;;
    npm) command -v npm >/dev/null || echo "there is no npm"; return ;;
    debian) ;;
    *) return ;;
  esac
  if ! command -v apt-get >/dev/null; then
    echo "there is no apt"
  elif [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != bookworm ]; then
    echo "it comes from Debian 12, and this is another system"
  elif [ "$(id -u)" != 0 ] && [[ $1 == buildah || $1 == docker || $1 == dockerd ]]; then
    echo "it needs root"
  fi
}

# The module proxy only, never a host of sources; the machine's own toolchain, never a downloaded one.
go_settings() {
  command -v go >/dev/null || { echo "there is no Go"; return 1; }
  GOPROXY=$(go env GOPROXY | sed -E 's/[,|]direct//g')
  export GOPROXY GOTOOLCHAIN=local CGO_ENABLED=0 GOWORK=off GOFLAGS='-buildvcs=false -trimpath'
}

put() { chmod 755 "$1" && mv -f "$1" "$dir/bin/$2"; }

install_go() { # name version package
  go_settings
  local bin=$dir/build/$1
  rm -rf "$bin" && mkdir -p "$bin"
  GOBIN=$bin go install -ldflags '-s -w' "$3@$2"
  put "$bin/${3##*/}" "$1"
}

# A module that replaces others cannot be installed by its name. It is built as a dependency of a module that replaces
# the same.
install_wrapped() { # name version package
  go_settings
  local build=$dir/build/$1 module description
  module=$(cut -d/ -f1-3 <<<"$3")
  rm -rf "$build" && mkdir -p "$build"
  cd "$build"
  description=$(GOFLAGS='' go mod download -json "$module@$2" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  {
    printf 'module example.com/%s\n\ngo 1.26.0\n\nrequire %s %s\n\n' "$1" "$module" "$2"
    grep -E '^replace [^ ]+ => [^ ]+ v' "$description"
  } >go.mod
  go build -mod=mod -ldflags '-s -w' -o "$build/out" "$3"
  put "$build/out" "$1"
}

install_pip() { # name version package
  local venv=$dir/python/$1
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/$1/requirements.txt"
  "$venv/bin/pip" check --disable-pip-version-check
  printf '#!/bin/sh\nexec "%s/bin/python" -m %s "$@"\n' "$venv" "$3" >"$dir/build/$1"
  put "$dir/build/$1" "$1"
}

# A program of ours around a library.
install_npm() { # name version package
  local folder=$dir/node/$1
  rm -rf "$folder" && mkdir -p "$folder"
  cp "$here/$1/"* "$folder/"
  cd "$folder"
  npm ci --ignore-scripts --no-audit --no-fund
  printf '#!/bin/sh\nexec node "%s/main.js" "$@"\n' "$folder" >"$dir/build/$1"
  put "$dir/build/$1" "$1"
}

install_own() { # name version folder
  go_settings
  # Outside of the checkout, which must stay as it is.
  local build=$dir/build/$1
  rm -rf "$build" && mkdir -p "$build"
  cp "$here/$3/"* "$build/"
  cd "$build"
  go build -mod=readonly -ldflags '-s -w' -o "$build/out" .
  put "$build/out" "$1"
}

# Packages are unpacked and not installed: nothing is started, nothing on the system changes, and the folder goes on
# working where it is kept and the system is new.
unpack_debian() {
  local apt=$dir/build/apt
  rm -rf "$apt" "$dir/debian.new" && mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$dir/debian.new"
  local own=(-o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=)
  apt-get "${own[@]}" -q update
  cd "$apt/archives"
  # shellcheck disable=SC2086 # one word a package
  apt-get "${own[@]}" -q download $debian_packages
  local package
  for package in *.deb; do
    dpkg-deb --extract "$package" "$dir/debian.new"
    dpkg-deb --show --showformat '${Package} ${Version}\n' "$package"
  done >"$dir/debian.new/versions"
  echo "$debian_packages" >"$dir/debian.new/packages"
  rm -rf "$dir/debian" "$apt"
  mv "$dir/debian.new" "$dir/debian"
}

install_debian() { # name - package
  local root=$dir/debian program
  [ "$(cat "$root/packages" 2>/dev/null)" = "$debian_packages" ] || unpack_debian
  program=$root/usr/bin/$1
  [ -x "$program" ] || program=$root/usr/sbin/$1
  cat >"$dir/build/$1" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH="$(echo "$root"/usr/lib/*-linux-gnu):$(echo "$root"/lib/*-linux-gnu)"
export PATH="$root/usr/sbin:$root/usr/bin:\$PATH"
exec "$program" "\$@"
WRAPPER
  put "$dir/build/$1" "$1"
  "$dir/bin/$1" --version
}

# The version that is installed, in the words of where it comes from.
version() { # kind version package
  if [ "$1" = debian ]; then sed -n "s/^$3 //p" "$dir/debian/versions"; else echo "$2"; fi
}

exec 9>"$dir/lock"
flock 9
failed=()
for name in "$@"; do
  IFS='|' read -r _ kind version package < <(row "$name")
  why=$(absent "$name" "$kind")
  if [ -n "$why" ]; then printf '%s\tabsent: %s\n' "$name" "$why"; continue; fi
  [ "$kind" != own ] || version=$(cat "$here/$package"/* | sha256sum | cut -c1-12)
  stamp="$kind $package $version"
  # What else is installed is said in files of ours.
  [[ $kind != pip && $kind != npm ]] || stamp="$stamp $(cat "$here/$name"/* | sha256sum | cut -c1-12)"
  [ "$kind" != debian ] || stamp="$stamp $debian_packages"
  if [ ! -x "$dir/bin/$name" ] || [ "$(cat "$dir/stamp/$name" 2>/dev/null)" != "$stamp" ]; then
    log=$dir/log/$name start=$SECONDS installed=
    note "installing $name"
    for try in 1 2; do
      # Not behind `if`, where `set -e` means nothing.
      (set -e; "install_$kind" "$name" "$version" "$package") >"$log" 2>&1 </dev/null
      [ $? != 0 ] || { installed=1; break; }
      [ $try = 2 ] || sleep $retry_delay
    done
    if [ -z "$installed" ]; then
      failed+=("$name")
      note "cannot install $name; its log, $log, ends so:"
      tail -n 5 "$log" | sed 's/^/    /' >&2
      continue
    fi
    echo "$stamp" >"$dir/stamp/$name"
    note "installed $name in $((SECONDS - start)) s"
  fi
  printf '%s\t%s\n' "$name" "$(version "$kind" "$version" "$package")"
done
[ ${#failed[@]} = 0 ] || { note "could not install: ${failed[*]}"; exit 1; }
