#!/usr/bin/env bash
# PipeWire behind PortAudio: chosen channels are mixed by name, --no-remap is not honoured, JACK's default input is a
# player, and its latency is 24 hours.
#
# Versions   PipeWire 0.3.65 and WirePlumber 0.4.13 of Debian 12, PortAudio 19.6 through sounddevice 0.5.1
# Input      a virtual interface of four channels AUX0 to AUX3 (as the profile "Pro Audio" names those of any sound
#            card) with a tone of its own in each: 300, 500, 700, 1100 Hz at amplitude 0.4
# Expected   1  channel 3 through ALSA's device `pipewire` is the third tone
#            2  `parec --no-remix --no-remap --channels=4` gives the four tones
#            3  through pw-jack, PortAudio's default input is the user's default source
#            4  and the latency of a stream is some milliseconds
# Seen       1  it is the first two tones at 0.28 each, mixed to "rear left", which the source does not have. With
#               PIPEWIRE_ALSA='{ stream.dont-remix = true }' in the environment it is the third. (For a program of one's
#               own: open the stream with the channel map of the source.)
#            2  of a source named front-left, front-right, rear-left, rear-right the second and fourth are silent: they
#               are asked for by their names in AIFF, front-center and rear-center
#            3  it is `pacat`, the program that plays: the first client that has any output
#            4  89478.48 s, which is 2**32 samples at 48 kHz: a difference that went below zero
# Sources    PipeWire's man pages client.conf(5) and pipewire-props(7) for stream.dont-remix; pa_simple.h and parec(1)
#
# Needs Debian or a relative, python3-venv and a network; installs nothing, all is unpacked into a temporary folder.
# Ends with 0 as long as this is what is seen.
set -uo pipefail
work=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 2
family="pipewire pipewire-bin pipewire-pulse pipewire-alsa pipewire-jack wireplumber libpipewire-0.3-0 libpipewire-0.3-modules
    libspa-0.2-modules libwireplumber-0.4-0 liblua5.3-0"
others=$(apt-get install -s --no-install-recommends $family pulseaudio-utils dbus-daemon libportaudio2 libasound2-plugins 2>/dev/null |
    awk '/^Inst/ { print $2 }')
apt-get download -qq $(printf '%s\n' $family $others | sort -u) 2>/dev/null || { echo "the packages cannot be had here"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv && venv/bin/pip install -q numpy==2.2.6 sounddevice==0.5.1 || exit 2

libs=$work/$(dirname "$(find root -type d -name spa-0.2)")
export LD_LIBRARY_PATH=$libs PATH=$work/root/usr/bin:$PATH HOME=$work XDG_RUNTIME_DIR=$work/run
export SPA_PLUGIN_DIR=$libs/spa-0.2 PIPEWIRE_MODULE_DIR=$libs/pipewire-0.3 PIPEWIRE_CONFIG_DIR=$work/root/usr/share/pipewire
export WIREPLUMBER_MODULE_DIR=$libs/wireplumber-0.4 WIREPLUMBER_DATA_DIR=$work/root/usr/share/wireplumber
export WIREPLUMBER_CONFIG_DIR=$WIREPLUMBER_DATA_DIR DBUS_SESSION_BUS_ADDRESS=unix:path=$work/bus
export PULSE_SERVER=unix:$work/run/pulse/native JACK_NO_START_SERVER=1
mkdir -m 700 run
run() { "$@" >/dev/null 2>&1 & children+=($!); sleep 1; }
run dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --nofork --nopidfile
run pipewire
run wireplumber
run pipewire -c pipewire-pulse.conf
pactl info | grep "Server Name" || { echo "PipeWire did not start"; exit 2; }
cat >.asoundrc <<X
pcm_type.pipewire { lib "$libs/alsa-lib/libasound_module_pcm_pipewire.so" }
pcm.pipewire { type pipewire playback_node "-1" capture_node "-1" hint { show on description "PipeWire" } }
X

cat >tools.py <<'X'
import sys

import numpy as np

TONES = (300, 500, 700, 1100)


def amplitudes(sound):
    sound = sound[-24000:]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) * 4 / len(sound)
    return [round(float(spectrum[round(hertz * len(sound) / 48000)]), 1) for hertz in TONES]


def make():
    t = np.arange(48000 * 60) / 48000
    np.stack([0.4 * np.sin(2 * np.pi * hertz * t) for hertz in TONES], axis=1).astype("<f4").tofile("tones.raw")


def alsa():
    import sounddevice as sd

    with sd.InputStream(device="pipewire", channels=4, samplerate=48000, blocksize=256) as stream:
        sound = np.concatenate([stream.read(1024)[0] for _ in range(80)])
    print(*amplitudes(sound[:, 2]))


def parec():
    sound = np.fromfile("parec.raw", "<f4")
    sound = sound[: len(sound) // 4 * 4].reshape(-1, 4)
    print(*(max(amplitudes(sound[:, channel])) for channel in range(4)))


def jack():
    import sounddevice as sd

    host = next(host for host in sd.query_hostapis() if host["name"].startswith("JACK"))
    name = sd.query_devices(host["default_input_device"])["name"]
    with sd.InputStream(device=host["default_input_device"], channels=2, samplerate=48000) as stream:
        stream.read(1024)
        print(name, round(stream.latency))


globals()[sys.argv[1]]()
X
python=$work/venv/bin/python
$python tools.py make
sources() { # NAME CHANNEL_MAP: a virtual interface with a tone in each channel, as the default source
    pactl load-module module-null-sink sink_name="$1" sink_properties=device.description="$1" channels=4 channel_map="$2" >/dev/null
    pactl set-default-source "$1.monitor"
    run pacat --raw --format=float32le --channels=4 --rate=48000 --channel-map="$2" --latency-msec=20 --device="$1" tones.raw
}
failed=0
check() { # TITLE SEEN_THEN SEEN_NOW
    echo "$1: $3"
    [ "$2" = "$3" ] || { echo "   was: $2"; failed=1; }
}
sources Numbers aux0,aux1,aux2,aux3
check "1  channel 3 through ALSA" "0.3 0.3 0.0 0.0" "$($python tools.py alsa 2>/dev/null)"
check "   with stream.dont-remix" "0.0 0.0 0.4 0.0" "$(PIPEWIRE_ALSA='{ stream.dont-remix = true }' $python tools.py alsa 2>/dev/null)"
latency=$(LD_LIBRARY_PATH=$libs/pipewire-0.3/jack:$libs $python tools.py jack 2>/dev/null)
sources Places front-left,front-right,rear-left,rear-right
timeout 2 parec --raw --format=float32le --channels=4 --rate=48000 --no-remix --no-remap --latency-msec=10 -d Places.monitor >parec.raw
check "2  loudest tone in each channel of parec" "0.4 0.0 0.4 0.0" "$($python tools.py parec)"
check "3, 4  JACK's default input and its latency" "pacat 89478" "$latency"
exit $failed
