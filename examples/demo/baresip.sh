#!/usr/bin/env bash
# The caller of the demo, played by Debian's baresip: TLS, mandatory SRTP, G.711, the recording as its
# microphone. Run by demo.sh. Usage: baresip.sh FOLDER PORT SECONDS
set -euo pipefail

out=$1
port=$2
seconds=$3
config=$out/baresip
modules=$(dirname "$(find /usr/lib -path '*baresip/modules/g711.so' -print -quit)")

mkdir -p "$config"
cat >"$config/config" <<TEXT
poll_method             epoll
sip_listen              127.0.0.1:0
sip_certificate         $out/tls/caller-both.pem
sip_cafile              $out/tls/ca.pem
call_max_calls          1
audio_player            aubridge,demo
audio_source            aufile,$out/before.wav
audio_alert             aubridge,alert
audio_srate             8000
audio_channels          1
rtp_timeout             10
net_interface           127.0.0.1
module_path             $modules
module                  g711.so
module                  aufile.so
module                  aubridge.so
module                  srtp.so
module                  sndfile.so
module_tmp              account.so
module_app              menu.so
snd_path                $config
TEXT
: >"$config/contacts"
printf '<sip:demo@127.0.0.1;transport=tls>;regint=0;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1\n' >"$config/accounts"

# It counts from its start, and the call takes a moment to stand.
baresip -4 -f "$config" -e "/dial sip:demo@127.0.0.1:$port" -t $((seconds + 2)) </dev/null

heard=$(find "$config" -name '*dec.wav' -print -quit)
[ -n "$heard" ] || heard=$config/heard.wav
[ -s "$heard" ] || { printf 'baresip heard nothing\n' >&2; exit 1; }
cp "$heard" "$out/caller-heard.wav"
