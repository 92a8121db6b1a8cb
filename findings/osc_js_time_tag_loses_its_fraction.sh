#!/bin/sh
# osc-js reads every OSC time tag as a whole second: what is due at x.6 s is done at x + 1 s, at x.4 s at once.
#
# Version:  osc-js 2.4.1 of npm, node 18 and later.
# Input:    a bundle that osc-js makes itself, due at 1700000000.600 s, packed and unpacked; and one due at .400 s.
# Expected: 1700000000600 and 1700000000400 ms, as they were given (the tag holds 32 bits of fraction).
# Seen:     1700000001000 and 1700000000000 ms: up to half a second late or early. The bytes that it sends are right.
# Source:   lib/osc.js, Timetag.timestamp: Math.round(this.fractions / TWO_POWER_32) is 0 or 1; the pull request that
#           would mend it (69) was closed for want of an example. OSC 1.0: "the last 32 bits specify fractional parts of
#           a second to a precision of about 200 picoseconds".
# Exit:     0 while it is so, 1 once it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts osc-js@2.4.1
cat > seen.cjs <<'JS'
const OSC = require("osc-js");
const read = (ms) => {
  const packed = new OSC.Bundle([new OSC.Message("/go", 1)], ms).pack();
  const bundle = new OSC.Bundle();
  bundle.unpack(new DataView(packed.buffer, packed.byteOffset, packed.byteLength));
  const bytes = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const sent = Math.round((bytes.getUint32(8) - 2208988800 + bytes.getUint32(12) / 2 ** 32) * 1000);
  return [sent, bundle.timetag.value.timestamp()];
};
const late = read(1700000000600), early = read(1700000000400);
console.log(`due 1700000000600: sent as ${late[0]}, read as ${late[1]}; due 1700000000400: sent as ${early[0]}, read as ${early[1]}`);
const asEver = late[0] === 1700000000600 && late[1] === 1700000001000 && early[1] === 1700000000000;
process.exit(asEver ? 0 : 1);
JS
node seen.cjs
