# Sourced by the scripts: a virtual environment with what a requirements file asks for.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# LIGHT=1: what serving needs, without TensorFlow, in a virtual environment of its own.
if [ "${LIGHT:-0}" = 1 ]; then
  VENV=.venv-light REQUIREMENTS=requirements-light
else
  VENV=.venv REQUIREMENTS=requirements
fi
export PATH="$PWD/$VENV/bin:$PATH"

# setup FILE: make $VENV and install FILE, unless that was done and the file has not changed. First
# comes the lock, exact versions with hashes; LOCK=0 leaves it out, where it has no wheels for a
# machine. What FILE asks for besides, yt-dlp above all, comes from its range.
setup() {
  local file=$1 python=${PYTHON:-python3} lock=$REQUIREMENTS.lock stamp want
  stamp=$VENV/.installed-$(echo "$file" | tr / -)
  if [ ! -x "$VENV/bin/python" ]; then
    command -v "$python" >/dev/null || {
      echo "There is no $python: install Python 3.11 or later, or set PYTHON to its path." >&2
      exit 2
    }
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2])' || {
      echo "This needs Python 3.11 or later; set PYTHON to its path." >&2
      exit 2
    }
    echo "Making the virtual environment in $VENV ..."
    "$python" -m venv --upgrade-deps "$VENV"
  fi
  want=$(cat "$lock" requirements*.txt "$(dirname "$file")"/requirements*.txt | sha256sum)${LOCK:-}
  if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
    "$VENV/bin/python" scripts/preflight.py install
    echo "Installing $file (the first time takes a few minutes) ..."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip
    [ "${LOCK:-1}" = 0 ] || "$VENV/bin/python" -m pip install --quiet --require-hashes -r "$lock"
    "$VENV/bin/python" -m pip install --quiet -r "$file"
    echo "$want" >"$stamp"
  fi
}
