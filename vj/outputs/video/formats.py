"""Which films there are: containers and codecs, what each of them holds, and what a name and options ask for.

Nothing here opens a library: what this machine can encode is known to `available`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vj.core.errors import OutputError, nearest

Size = tuple[int, int]
#: Where the number stands in the name of a sequence: %d, or %06d for six digits.
NUMBER = re.compile(r"%(0[1-9])?d")
#: What `alpha` may be: none, ...
NO_ALPHA = ""
#: ... or how bright a picture is.
LUMA = "luma"


@dataclass(frozen=True)
class Codec:
    """A way to write pictures.

    encoders   FFmpeg's encoders that make it, the best first
    pixels     bits a channel -> FFmpeg's name of the pixels that go in
    alpha      the same with alpha; empty where it has none
    sides      width and height must be multiples of these, and no less than `least` and no more than `most`
    """

    title: str
    encoders: tuple[str, ...]
    pixels: Mapping[int, str]
    alpha: Mapping[int, str] = field(default_factory=dict)
    sides: Size = (1, 1)
    least: int = 1
    most: int = 16384

    def cut(self, size: Size) -> Size:
        """`size` without the columns and rows that the codec cannot take."""
        width, height = (max(side // step * step, step) for side, step in zip(size, self.sides, strict=True))
        return width, height


@dataclass(frozen=True)
class Format:
    """A kind of file. `codecs` are what it may hold, the usual first; `copied` the sound that it takes as it is."""

    title: str
    suffixes: tuple[str, ...]
    codecs: tuple[str, ...]
    copied: frozenset[str] = frozenset()
    #: How it is written: a container of FFmpeg's, a file for every picture, or one of pictures that move.
    kind: str = "container"


_420 = {8: "yuv420p", 10: "yuv420p10le"}
_HAP = ("ffmpeg",)
CODECS: Mapping[str, Codec] = {
    "h264": Codec("H.264", ("h264_nvenc", "libx264"), _420, sides=(2, 2), least=2),
    "hevc": Codec("HEVC", ("hevc_nvenc", "libx265"), _420, sides=(2, 2), least=16),
    "av1": Codec("AV1", ("av1_nvenc", "libsvtav1", "libaom-av1"), _420, sides=(2, 2), least=16),
    "prores": Codec("ProRes 422 HQ", ("prores_ks",), {10: "yuv422p10le"}),
    "prores4444": Codec("ProRes 4444", ("prores_ks",), {10: "yuv444p10le"}, {10: "yuva444p10le"}),
    "hap": Codec("HAP", _HAP, {8: "rgba"}, sides=(4, 4), least=4),
    "hap-alpha": Codec("HAP Alpha", _HAP, {}, {8: "rgba"}, sides=(4, 4), least=4),
    "hap-q": Codec("HAP Q", _HAP, {8: "rgba"}, sides=(4, 4), least=4),
    "png": Codec("PNG", ("png",), {8: "rgb24", 16: "rgb48be"}, {8: "rgba", 16: "rgba64be"}),
    "exr": Codec("OpenEXR, linear half floats", ("exr",), {16: "gbrpf32le"}, {16: "gbrapf32le"}),
    "gif": Codec("GIF", ("gif",), {8: "pal8"}),
    "webp": Codec("WebP", ("libwebp",), {8: "rgb24"}, {8: "rgba"}, most=16383),
    "apng": Codec("APNG", ("apng",), {8: "rgb24", 16: "rgb48be"}, {8: "rgba", 16: "rgba64be"}),
}
_PCM = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"})
FORMATS: Mapping[str, Format] = {
    "mp4": Format(
        "MP4",
        (".mp4", ".m4v"),
        ("h264", "hevc", "av1"),
        frozenset({"aac", "mp3", "flac", "alac", "ac3", "eac3", "opus"}),
    ),
    "mov": Format(
        "QuickTime",
        (".mov",),
        ("prores", "prores4444", "h264", "hevc", "hap", "hap-alpha", "hap-q"),
        frozenset({"aac", "mp3", "alac", "ac3", "eac3"}) | _PCM,
    ),
    "mkv": Format(
        "Matroska",
        (".mkv",),
        ("h264", "hevc", "av1", "prores", "prores4444"),
        frozenset({"aac", "mp3", "flac", "alac", "ac3", "eac3", "opus", "vorbis"}) | _PCM,
    ),
    "png": Format("a folder of PNG", (".png",), ("png",), kind="sequence"),
    "exr": Format("a folder of OpenEXR", (".exr",), ("exr",), kind="sequence"),
    "gif": Format("GIF", (".gif",), ("gif",), kind="animation"),
    "webp": Format("animated WebP", (".webp",), ("webp",), kind="animation"),
    "apng": Format("animated PNG", (".apng",), ("apng",), kind="animation"),
}


@dataclass(frozen=True)
class Choice:
    """What is written: a format and a codec by name, the one `encoder` asked for or "", bits a channel, and alpha."""

    format: str
    codec: str
    encoder: str
    depth: int
    alpha: str = NO_ALPHA

    @property
    def title(self) -> str:
        """In words."""
        bits = f" of {self.depth} bits" if self.depth != 8 else ""
        return f"{CODECS[self.codec].title}{bits}{' with alpha' if self.alpha else ''}"

    @property
    def deep(self) -> bool:
        """Whether pictures of more than 8 bits are worth having."""
        return self.depth > 8


def chosen(path: Path, name: str = "", codec: str = "auto", depth: int | None = None, alpha: str = "") -> Choice:
    """What to write to `path`: the format `name`, or the one its suffix says; raises OutputError with what there is."""
    form = name or _suffix(path, codec)
    if form not in FORMATS:
        raise OutputError(f"no format {name!r}", "--format", nearest(name, FORMATS))
    if alpha not in (NO_ALPHA, LUMA):
        raise OutputError(f"no alpha {alpha!r}", "--alpha", "luma: what is black is clear, what is bright is not")
    word, encoder = _codec(codec, FORMATS[form], alpha)
    known = CODECS[word]
    if word not in FORMATS[form].codecs:
        fits = ", ".join(suffix for other in FORMATS.values() if word in other.codecs for suffix in other.suffixes)
        holds = ", ".join(FORMATS[form].codecs)
        raise OutputError(f"{form} does not hold {word}", str(path), f"it holds {holds}; {word} goes into {fits}")
    if alpha and not known.alpha:
        able = ", ".join(other for other, entry in CODECS.items() if entry.alpha)
        raise OutputError(f"{word} has no alpha", "--alpha", f"these have: {able}")
    depths = known.alpha if alpha or not known.pixels else known.pixels
    # OpenEXR is made of the finest pictures there are; of the others the plainest that play everywhere is usual
    bits = depth if depth is not None else min(depths)
    if bits not in depths:
        has = " or ".join(map(str, sorted(depths)))
        raise OutputError(f"{word} has no {bits} bits a channel", "--depth", f"it has {has}")
    if FORMATS[form].kind == "sequence":
        pattern(path)
    return Choice(form, word, encoder, bits, alpha or (LUMA if not known.pixels else NO_ALPHA))


def suffix_for(codec: str, alpha: str = "") -> str:
    """The suffix of a film that is told no name: of the first format that holds `codec`, or any with `alpha`."""
    usual = "prores4444" if alpha else "h264"
    word = next((name for name, known in CODECS.items() if codec == name or codec in known.encoders), usual)
    return next(form.suffixes[0] for form in FORMATS.values() if word in form.codecs)


def fitting(choice: Choice, size: Size, path: Path) -> Size:
    """The size that `choice` makes of `size`; raises OutputError where it cannot be so small or so large."""
    codec = CODECS[choice.codec]
    if max(size) > codec.most:
        raise OutputError(f"{codec.title} has at most {codec.most} pixels a side", str(path), "choose a smaller --size")
    cut = codec.cut(size)
    if min(cut) < codec.least:
        raise OutputError(
            f"{codec.title} has at least {codec.least} pixels a side", str(path), "choose a larger --size"
        )
    return cut


def pattern(path: Path) -> str:
    """The name of a sequence's files with one number in it; raises OutputError for a name with more or other signs."""
    name = path.name
    if "%" not in name:
        return f"{path.stem}-%06d{path.suffix}"
    if len(NUMBER.findall(name)) != 1 or "%" in NUMBER.sub("", name):
        raise OutputError("a name of pictures has one number in it", str(path), "such as frames/%06d.png")
    return name


def _suffix(path: Path, codec: str) -> str:
    """The format that a file's name says."""
    suffix = path.suffix.lower()
    form = next((name for name, entry in FORMATS.items() if suffix in entry.suffixes), "")
    if not form:
        known = [ending for entry in FORMATS.values() for ending in entry.suffixes]
        what = f"no kind of film ends in {suffix}" if suffix else "the film's name does not say what kind it is"
        raise OutputError(what, str(path), f"name it one of {', '.join(known)}, or give --format")
    return form


def _codec(asked: str, form: Format, alpha: str) -> tuple[str, str]:
    """Codec and the one encoder for it, "" for the best there is; raises OutputError for a name that is neither."""
    if asked == "auto":
        able = [name for name in form.codecs if CODECS[name].alpha] if alpha else []
        return (able or list(form.codecs))[0], ""
    if asked in CODECS:
        return asked, ""
    for name, known in CODECS.items():
        if asked in known.encoders and known.encoders != _HAP:
            return name, asked
    raise OutputError(f"no codec {asked!r}", "--codec", nearest(asked, CODECS))
