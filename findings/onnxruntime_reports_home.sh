#!/usr/bin/env bash
# onnxruntime's wheels for Linux report to their maker by default, from their import on, and not where CI is set.
#
# Versions   onnxruntime 1.28.0 and 1.31.1
# Expected   as up to 1.28: telemetry is a matter of Windows, and `import onnxruntime` writes no file and begins no thread
# Seen       1.31.1 begins a thread that uploads, and leaves a device id and a database of events below ~/.cache/Microsoft.
#            Not with ORT_DISABLE_TELEMETRY=1 set before the import; and not with CI=true, so that no continuous
#            integration sees what users get
# Source     microsoft/onnxruntime pull request 27379 "Add POSIX telemetry" (in 1.29.0): session, model and provider events,
#            sampled at 100 %; 29843: the variable is a full opt-out, the call disable_telemetry_events() comes too late for that
# Meets      whoever performs with a network from this package: names of models go out of the house, on the wire of the
#            stage; a program that is copied (fork) after the import has half of that thread
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/look.py" <<'PY'
import os, pathlib, sys
import numpy
def threads(): return len(os.listdir("/proc/self/task"))
before = threads()
import onnxruntime
grown = threads() - before
files = sorted(str(p.relative_to(pathlib.Path.home())) for p in pathlib.Path.home().rglob("*") if p.is_file())
print(f"{sys.argv[1]:44} threads {grown:+d}, files: {', '.join(files) or 'none'}")
PY
for version in 1.28.0 1.31.1; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" install -q "onnxruntime==$version" numpy
    for said in "" ORT_DISABLE_TELEMETRY=1 CI=true; do
        rm -rf "$work/home"; mkdir "$work/home"
        env -u CI -u XDG_CACHE_HOME -u ORT_DISABLE_TELEMETRY HOME="$work/home" ${said:+"$said"} \
            "$work/$version/bin/python" "$work/look.py" "$version ${said:-as it comes}"
    done
    named=$(cat "$work/$version"/lib/python3*/site-packages/onnxruntime/capi/*.so | grep -a -o 'https://[a-z.]*/OneCollector' | sort -u)
    echo "$version sends to: ${named:-nobody}"
done | tee "$work/seen"
kept="threads +0, files: none"
[ "$(grep -c "$kept" "$work/seen")" = 5 ] && grep -q '1.31.1 as it comes .*+1, files: .*deviceid' "$work/seen" ||
    { echo "this is no longer so"; exit 1; }
