#!/bin/sh
# Pure Data's [oscparse] drops OSC's booleans: of a message that says T or F only the address comes out.
#
# Version:  Pure Data 0.53.1, Debian's puredata-core 0.53.1+ds-2.
# Input:    the 12 bytes of /on with the type tag T, then F, as numbers into [oscparse]: no network is needed.
# Expected: on 1 and on 0; true and false can be told apart, as in mrpeach's [unpackOSC].
# Seen:     "symbol on" twice, without anything.
# Source:   src/x_misc.c, oscparse_list knows no T and F; pure-data issue 2409, open. What hears Pure Data must be sent
#           numbers, or ask for them.
# Exit:     0 while it is so, 1 once it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if ! command -v pd >/dev/null; then
    apt-get download -q puredata-core >/dev/null
    dpkg-deb -x puredata-core_*.deb . && PATH="$folder/usr/bin:$PATH"
fi
cat > seen.pd <<'PD'
#N canvas 0 0 400 300 10;
#X obj 10 10 loadbang;
#X obj 10 40 t b b b;
#X msg 10 70 \; pd quit;
#X msg 80 100 47 111 110 0 44 70 0 0;
#X msg 150 70 47 111 110 0 44 84 0 0;
#X obj 80 140 oscparse;
#X obj 80 170 print heard;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 1 1 3 0;
#X connect 1 2 4 0;
#X connect 3 0 5 0;
#X connect 4 0 5 0;
#X connect 5 0 6 0;
PD
pd -version 2>&1 | head -1
timeout 20 pd -nogui -noaudio -nomidi -noprefs -stderr -open seen.pd 2>&1 | grep heard > seen.txt || true
cat seen.txt
[ "$(cat seen.txt)" = "$(printf 'heard: symbol on\nheard: symbol on')" ]
