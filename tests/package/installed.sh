#!/usr/bin/env bash
# In a bare Debian, as root: installs the packages and uses them as their users do, then removes them.
# usage: installed.sh FOLDER_WITH_DEBS
set -euo pipefail

debs=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "$debs"/libvoxlock0_*.deb "$debs"/python3-voxlock_*.deb

# The binding, with nothing but what its package asked for.
python3 - <<'TEXT'
import importlib.metadata
import voxlock
from voxlock import rtp
with voxlock.SrtpSession(voxlock.Context(), voxlock.Suite.AEAD_AES_128_GCM, key=bytes(28)) as srtp:
    sealed = srtp.seal(rtp.build(rtp.RtpHeader(0, sequence=1, timestamp=0, ssrc=7), bytes(160)))
    assert len(sealed) == 188 and rtp.parse(srtp.open(sealed)).header.ssrc == 7
assert importlib.metadata.version("voxlock") == voxlock.version()
TEXT

apt-get install -y -q --no-install-recommends "$debs"/libvoxlock-dev_*.deb g++ cmake ninja-build pkg-config
for way in cmake pkg-config; do
  for kind in shared static; do
    "$here/../abi/consumer.sh" /usr /tmp/consumer "$way" "$kind" c cc
    "$here/../abi/consumer.sh" /usr /tmp/consumer "$way" "$kind" c++ c++
  done
done
read -ra needs < <(pkg-config --static --libs-only-l voxlock | sed 's/-lvoxlock //')
"$here/archive.sh" "$(pkg-config --variable=libdir voxlock)/libvoxlock.a" "$here/../abi/exports.txt" /tmp/archive \
  "$(pkg-config --variable=includedir voxlock)" cc "${needs[@]}"
for bill in /usr/share/doc/libvoxlock*/*.spdx.json; do python3 -m json.tool "$bill" >/dev/null; done
# The bill that is installed is the one of the library that is installed.
grep -q "$(sha256sum "$(pkg-config --variable=libdir voxlock)/libvoxlock.so.0" | cut -d' ' -f1)" \
  /usr/share/doc/libvoxlock0/libvoxlock.so.spdx.json

apt-get purge -y -q python3-voxlock libvoxlock-dev libvoxlock0
left=$(find / -xdev \( -path /proc -o -path /src -o -path /tmp \) -prune -o -iname '*voxlock*' -print)
[[ -z $left ]] || { printf 'left behind:\n%s\n' "$left"; exit 1; }
echo "installed, used and removed: 3 packages, 8 programs"
