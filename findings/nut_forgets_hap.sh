#!/usr/bin/env bash
# FFmpeg writes HAP Alpha and HAP Q to NUT under the name of plain HAP, and then cannot decode them.
#
# Version    FFmpeg 5.1.9 of Debian 12 (the package ffmpeg, with libsnappy)
# Input      one picture of 16x16, encoded by `-c:v hap -format hap_alpha` and `hap_q`, the tags Hap5 and HapY
# Expected   the stream has the same tag in NUT as it has in QuickTime, and decodes
# Seen       in QuickTime it does; in NUT it is Hap1 for all three, and the decoder says "Invalid texture format 0x0e"
# Source     libavformat/nutenc.c takes the first tag of its tables for a codec's id; libavcodec/hapdec.c goes by the tag
# Meets      whoever pipes HAP from one program to another: the tag must be told by other ways
#
# Needs Debian or a relative and a network; installs nothing, what is not there is unpacked into a temporary folder.
# Ends with 0 as long as this is what is seen, 2 where it cannot be tried.
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 2
if ! command -v ffmpeg >/dev/null; then
    wanted=$(apt-get install -s --no-install-recommends ffmpeg 2>/dev/null | awk '/^Inst/ { print $2 }')
    apt-get download -qq $wanted 2>/dev/null || { echo "the packages cannot be had here"; exit 2; }
    for package in *.deb; do dpkg-deb -x "$package" root; done
    export PATH=$work/root/usr/bin:$PATH
    LD_LIBRARY_PATH=$(find "$work/root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
    export LD_LIBRARY_PATH
fi
ffmpeg -version | head -1
ffmpeg -hide_banner -encoders 2>/dev/null | grep -q ' hap ' || { echo "this ffmpeg has no HAP"; exit 2; }
failed=0
check() { # FORMAT FILE TAG PICTURES
    ffmpeg -v error -y -f lavfi -i color=red:s=16x16:r=25 -frames:v 1 -c:v hap -format "$1" "$2" || exit 2
    tag=$(ffprobe -v error -show_entries stream=codec_tag_string -of csv=p=0 "$2")
    bytes=$(ffmpeg -v error -i "$2" -f rawvideo -pix_fmt rgba - 2>/dev/null | wc -c)
    echo "$1 in $2: tag $tag, $((bytes / 1024)) picture(s) decoded"
    [ "$tag $((bytes / 1024))" = "$3 $4" ] || { echo "   was: $3, $4"; failed=1; }
}
check hap_alpha a.mov Hap5 1
check hap_alpha a.nut Hap1 0
check hap_q q.mov HapY 1
check hap_q q.nut Hap1 0
exit $failed
