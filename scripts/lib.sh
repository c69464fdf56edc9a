# shellcheck shell=bash
# What the scripts share; read in with `.`, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${HOME:=$(cd ~ 2>/dev/null && pwd || echo "${TMPDIR:-/tmp}")}"
export HOME
# Where what takes long to make is kept, outside the checkout.
CACHE=${HMC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hospital-message-centre}
PYTHON=$ROOT/.venv/bin/python
# How long an address that may be unreachable gets to deliver.
DOWNLOAD_SECONDS=${HMC_DOWNLOAD_SECONDS:-20}

# One line of what is being done; results go to stdout, so this goes to stderr.
say() { printf '%s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Wait until no other process holds this file; held until the script ends.
lock() {
  exec 9<"$1"
  if have flock; then flock 9; fi
}

sha256() {
  if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d' ' -f1
}
