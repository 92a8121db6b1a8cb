#!/bin/sh
# nice does nothing for a program that was given a session of its own: an encoder at 19 takes half of the show's core.
#
# Version:  Linux 6 with autogroups on (CONFIG_SCHED_AUTOGROUP, kernel.sched_autogroup_enabled = 1, as Debian, Ubuntu and
#           Fedora ship it); util-linux setsid, which is what start_new_session=True of Python's subprocess does.
# Input:    two loops that spin on one processor, one of them at nice 19: first in one session, then in a session each,
#           then in a session each of which the second was told to be nice, too, by /proc/PID/autogroup.
# Expected: at nice 19 about 1.5 % is left for it each time.
# Seen:     1 or 2 %; half; 1 or 2 %. Sessions share the processor evenly, whatever the niceness of what runs in them.
# Source:   sched(7), "The nice value and group scheduling": between groups only the group's own value counts. Terminals,
#           desktops and whoever starts a helper out of reach of Ctrl-C make sessions; so does each ssh.
# Exit:     0 while it is so, 1 once it has changed, 2 where there are no autogroups.
set -eu
[ "$(cat /proc/sys/kernel/sched_autogroup_enabled 2>/dev/null || echo 0)" = 1 ] || { echo "no autogroups here"; exit 2; }
uname -sr
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
spin='while :; do :; done'
spent() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
share() {  # the part of the second of two processes, in percent of both, over three seconds
    a=$(spent "$1"); b=$(spent "$2")
    sleep 3
    a=$(($(spent "$1") - a)); b=$(($(spent "$2") - b))
    kill "$1" "$2"
    echo $((100 * b / (a + b)))
}

setsid taskset -c 0 sh -c "
    (exec sh -c '$spin') & echo \$! > '$folder/first'
    (exec nice -n 19 sh -c '$spin') & echo \$! > '$folder/second'
    wait" &
sleep 0.5
together=$(share "$(cat "$folder/first")" "$(cat "$folder/second")")

setsid taskset -c 0 sh -c "$spin" & first=$!
setsid taskset -c 0 nice -n 19 sh -c "$spin" & second=$!
sleep 0.5
apart=$(share $first $second)

setsid taskset -c 0 sh -c "$spin" & first=$!
setsid taskset -c 0 nice -n 19 sh -c "$spin" & second=$!
sleep 0.5
echo 19 > /proc/$second/autogroup
told=$(share $first $second)

echo "at nice 19 in the same session: $together %; in its own: $apart %; in its own, which is nice too: $told %"
[ "$together" -le 5 ] && [ "$apart" -ge 35 ] && [ "$told" -le 5 ]
