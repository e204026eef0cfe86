#!/bin/bash
# Sets up a node: an environment of its own with the pinned packages, each checked by its hash; the same on every node.
#
# Metadata: progex-requirements is the lock file (gs://); progex-wheels, where given, a folder of the bucket that holds
# the packages, for nodes without a way to PyPI. A node that can't be set up fails, and the cluster with it.
set -euo pipefail

home="${PROGEX_HOME:-/opt/progex}"
python="${PROGEX_PYTHON:-/opt/conda/default/bin/python}"
metadata() { /usr/share/google/get_metadata_value "attributes/$1" 2>/dev/null || true; }
requirements="${PROGEX_REQUIREMENTS:-$(metadata progex-requirements)}"
wheels="${PROGEX_WHEELS:-$(metadata progex-wheels)}"

fail() {
  echo "progex: $(hostname): $1" >&2
  exit 1
}

[[ -n "$requirements" ]] || fail "metadata progex-requirements is missing"
version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
[[ "$version" == 3.11 ]] || fail "the image has Python $version, the packages are pinned for 3.11"

mkdir -p "$home"
gcloud storage cp "$requirements" "$home/requirements.txt" || fail "can't read $requirements"
source=()
if [[ -n "$wheels" ]]; then
  mkdir -p "$home/wheels"
  gcloud storage cp --recursive "${wheels%/}/*" "$home/wheels/" || fail "can't read $wheels"
  source=(--no-index --find-links "$home/wheels")
fi

"$python" -m venv --clear "$home/env"
"$home/env/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --require-hashes "${source[@]}" --requirement "$home/requirements.txt" ||
  fail "the pinned packages can't be installed: without a way to PyPI (Cloud NAT) name a folder of wheels in cloud.wheels"

# Spark is the image's; Hail's jar must be on its class path from the start.
jar="$("$home/env/bin/python" -c '
import importlib.util, pathlib
found = importlib.util.find_spec("hail")
print(pathlib.Path(found.origin).parent / "backend" / "hail-all-spark.jar" if found else "")')"
[[ -z "$jar" ]] || ln -sf "$jar" "$home/hail-all-spark.jar"
rm -rf "$home/wheels"
echo "progex: $(hostname) is set up"
