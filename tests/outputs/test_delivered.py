"""One film of every format, each made once: read back by FFmpeg in a process of its own, by Pillow and by Chromium."""

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from servers.browser import CHROMIUM, chromium

from vj.core.errors import OutputError
from vj.outputs.video.asked import Encoding, Labels, Sound
from vj.outputs.video.film import Film, open_film

COLOURS = [
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255),
    (255, 255, 255), (0, 0, 0), (128, 128, 128), (200, 120, 40), (12, 34, 56), (250, 200, 180),
]  # fmt: skip
SIDE, FRAMES, FPS = 32, 12, Fraction(30000, 1001)
SIZE = (4 * SIDE, 3 * SIDE)
#: How far a colour may be from what it was, of 255.
NEAR = 2.0
LABELS = Labels("A song", {"vj": "1", "seed": "7", "bundle": "worlds 0123456789ab"})


@dataclass(frozen=True)
class Made:
    """A film: its file (the third of a sequence), how it was asked for and what the writer said of it."""

    path: Path
    asked: Encoding
    film: Film


#: Name -> what is asked for.
KINDS: dict[str, Encoding] = {
    "h264.mp4": Encoding(),
    "h264-10.mp4": Encoding(depth=10),
    "h264.mov": Encoding(codec="h264"),
    "h264.mkv": Encoding(),
    "hevc.mp4": Encoding(codec="hevc", depth=10),
    "hevc.mkv": Encoding(codec="hevc"),
    "av1.mp4": Encoding(codec="av1"),
    "av1.mkv": Encoding(codec="av1", depth=10),
    "prores.mov": Encoding(),
    "prores.mkv": Encoding(codec="prores"),
    "clear.mov": Encoding(alpha="luma"),
    "hap.mov": Encoding(codec="hap"),
    "hap-clear.mov": Encoding(codec="hap-alpha"),
    "hap-q.mov": Encoding(codec="hap-q"),
    "png/%04d.png": Encoding(),
    "deep/clear-%d.png": Encoding(depth=16, alpha="luma"),
    "exr/%06d.exr": Encoding(),
    "plain.gif": Encoding(),
    "plain.webp": Encoding(),
    "clear.webp": Encoding(alpha="luma", crf=0),
    "plain.apng": Encoding(),
    "clear.apng": Encoding(alpha="luma"),
}
MOVIES = [name for name in KINDS if name.endswith((".mp4", ".mov", ".mkv"))]


def patches() -> np.ndarray:
    """The colours, a square each."""
    grid = np.array(COLOURS, np.uint8).reshape(3, 4, 3)
    return grid.repeat(SIDE, 0).repeat(SIDE, 1)


def middles(picture: np.ndarray) -> np.ndarray:
    """[12, channels]: the colour in the middle of every square."""
    half = SIDE // 2
    return picture[half::SIDE, half::SIDE].reshape(len(COLOURS), -1).astype(float)


def make(folder: Path, name: str) -> Made:
    path, asked = folder / name, KINDS[name]
    image = patches()
    with open_film(path, SIZE, FPS, Sound(48000), asked, labels=LABELS) as film:
        film.chapter(0.0, "first")
        film.chapter(0.2, "second")
        for n in range(FRAMES):
            film.write(image.astype(np.uint16) * 257 if film.deep else image)
            edges = [round(k * 48000 / FPS) for k in (n, n + 1)]
            film.write_audio(np.zeros((edges[1] - edges[0], 2), np.float32))
    return Made(path.with_name(path.name % 3) if "%" in name else path, asked, film)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """A film of every kind that can be made here."""
    folder = tmp_path_factory.mktemp("films")
    names = [name for name in KINDS if "hap" not in name or shutil.which("ffmpeg")]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(functools.partial(make, folder), names), strict=True))


def known(made: dict[str, Made], name: str) -> Made:
    if name not in made:
        pytest.skip("no command ffmpeg to make HAP: apt-get install ffmpeg")
    return made[name]


_READER = """
import json, sys
import av, numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
told = {}
for name, path in json.load(sys.stdin).items():
    with av.open(path) as film:
        frames = list(film.decode(video=0))
        frame = frames[-1]
        if frame.format.name.endswith("f16le"):
            planes = [np.frombuffer(p, np.float16).reshape(p.height, -1)[:, : p.width] for p in frame.planes]
            light = np.stack([planes[2], planes[0], planes[1]], 2).astype(float)
            picture = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        else:
            deep = frame.format.components[0].bits > 8 and "rgb" in frame.format.name
            form = ("rgba64le" if deep else "rgba") if len(frame.format.components) == 4 else "rgb24"
            picture = VideoReformatter().reformat(frame, format=form, interpolation=exact).to_ndarray()
            picture = picture / 257.0 if deep else picture
        stream = film.streams.video[0]
        told[name] = {
            "middles": picture[16::32, 16::32].reshape(12, -1).tolist(),
            "codec": stream.codec_context.codec.canonical_name,
            "tag": stream.codec_context.codec_tag.strip("\\0"),
            "format": frame.format.name,
            "size": [frame.width, frame.height],
            "colours": [int(c) for c in (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)],
            "times": [float(f.pts * f.time_base) for f in frames] if frame.pts is not None else [],
            "rate": str(stream.average_rate),
            "said": {k.lower(): v for k, v in film.metadata.items()},
            "chapters": [[float(c["start"] * c["time_base"]), c["metadata"]["title"]] for c in film.chapters()],
            "sounds": [s.codec_context.name for s in film.streams.audio],
        }
json.dump(told, sys.stdout)
"""


@pytest.fixture(scope="module")
def read(made: dict[str, Made]) -> dict[str, Any]:
    """What FFmpeg, in a process of its own, reads in them; HAP and moving WebP are not for the one we bring."""
    ours = {n: str(m.path) for n, m in made.items() if "hap" not in n and not n.endswith("webp")}
    done = subprocess.run([sys.executable, "-c", _READER], input=json.dumps(ours), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def over_black(rgba: np.ndarray) -> np.ndarray:
    """Straight alpha, laid over black."""
    return rgba[:, :3] * rgba[:, 3:] / 255.0


@pytest.mark.parametrize("name", [name for name in KINDS if "hap" not in name and not name.endswith("webp")])
def test_colours_come_back_through_ffmpeg(name: str, read: dict[str, Any]) -> None:
    seen = np.array(read[name]["middles"])
    if "clear" in name:
        np.testing.assert_allclose(seen[:, 3], np.max(COLOURS, axis=1), atol=NEAR)
        seen = over_black(seen)
    np.testing.assert_allclose(seen[:, :3], COLOURS, atol=NEAR)


@pytest.mark.parametrize("name", ["hap.mov", "hap-clear.mov", "hap-q.mov"])
def test_colours_come_back_through_the_command_ffmpeg(name: str, made: dict[str, Made]) -> None:
    path = known(made, name).path
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgba", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    seen = middles(np.frombuffer(raw, np.uint8).reshape(SIZE[1], SIZE[0], 4))
    if name == "hap-clear.mov":
        np.testing.assert_allclose(seen[:, 3], np.max(COLOURS, axis=1), atol=NEAR)
        seen = over_black(seen)
    np.testing.assert_allclose(seen[:, :3], COLOURS, atol=NEAR)


@pytest.mark.parametrize("name", ["plain.webp", "clear.webp", "plain.gif", "plain.apng", "clear.apng"])
def test_what_moves_on_a_page_moves_for_ever(name: str, made: dict[str, Made]) -> None:
    with Image.open(made[name].path) as image:
        assert image.n_frames == FRAMES  # type: ignore[attr-defined]
        assert image.info["loop"] == 0
        lasting = []
        for n in range(FRAMES):
            image.seek(n)
            picture = np.array(image.convert("RGBA"))
            lasting.append(image.info["duration"])
        seen = middles(picture)
        assert sum(lasting) == pytest.approx(1000 * FRAMES / float(FPS), abs=11)
        np.testing.assert_allclose(over_black(seen), COLOURS, atol=NEAR)
    assert LABELS.comment.encode() in made[name].path.read_bytes()


@pytest.mark.parametrize("name", MOVIES)
def test_films_say_what_they_are(name: str, made: dict[str, Made], read: dict[str, Any]) -> None:
    film = known(made, name).film
    if "hap" in name:
        probe = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json"]
        told = json.loads(subprocess.run([*probe, str(film.path)], capture_output=True, check=True).stdout)
        stream = told["streams"][0]
        tags = {"hap.mov": "Hap1", "hap-clear.mov": "Hap5", "hap-q.mov": "HapY"}
        assert (stream["codec_tag_string"], stream["avg_frame_rate"]) == (tags[name], "30000/1001")
        assert int(stream["nb_frames"]) == FRAMES
        assert (stream["color_primaries"], stream["color_transfer"]) == ("bt709", "iec61966-2-1")
        assert told["format"]["tags"]["comment"] == LABELS.comment
        assert [chapter["tags"]["title"] for chapter in told["chapters"]] == ["first", "second"]
        return
    told = read[name]
    codec = {"h": "hevc" if "hevc" in name else "h264", "a": "av1", "p": "prores", "c": "prores"}[name[0]]
    depth = 8 if film.choice.depth == 8 else 10
    pixels = {"prores": "yuv422p10le"}.get(codec, "yuv420p" if depth == 8 else "yuv420p10le")
    assert told["codec"] == codec
    assert told["format"] == ("yuva444p12le" if name == "clear.mov" else pixels)
    assert told["colours"] == [1, 1, 1, 1]  # BT.709 matrix, limited range, BT.709 primaries and transfer
    assert told["rate"] == "30000/1001"
    assert told["times"] == pytest.approx([float(n / FPS) for n in range(FRAMES)], abs=0.0006)  # Matroska counts in ms
    assert (told["said"]["title"], told["said"]["comment"]) == ("A song", LABELS.comment)
    assert [name for _, name in told["chapters"]] == ["first", "second"]
    assert [start for start, _ in told["chapters"]] == pytest.approx([0.0, 0.2], abs=0.001)
    assert told["sounds"] == ["pcm_s24le" if codec == "prores" and name.endswith("mov") else "aac"]
    if name.endswith(("mp4", "mov")):
        assert told["tag"] == {"h264": "avc1", "hevc": "hvc1", "av1": "av01"}.get(
            codec, "ap4h" if name == "clear.mov" else "apch"
        )


def test_pictures_say_what_they_are(made: dict[str, Made], read: dict[str, Any]) -> None:
    png, deep, exr = (made[name].path for name in ("png/%04d.png", "deep/clear-%d.png", "exr/%06d.exr"))
    assert sorted(path.name for path in png.parent.iterdir()) == [f"{n:04d}.png" for n in range(1, FRAMES + 1)]
    with Image.open(png) as image:
        assert (image.mode, image.info["srgb"]) == ("RGB", 1)
        assert image.text["Comment"] == LABELS.comment  # type: ignore[attr-defined]
    assert read["deep/clear-%d.png"]["format"] == "rgba64be"
    assert deep.name == "clear-3.png"
    data = exr.read_bytes()
    at = data.index(b"chromaticities\0chromaticities\0") + 30
    assert np.frombuffer(data, "<f4", 8, at + 4) == pytest.approx([0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329])
    assert LABELS.comment.encode() in data
    assert read["exr/%06d.exr"]["format"] == "gbrpf16le"


@pytest.fixture(scope="module")
def pages(made: dict[str, Made]) -> Iterator[list[Any]]:
    """Pages of two browsers beside the films: one paints by a shader, the other shows what lies in a frame.

    Why not one: findings/chromium_blue.sh.
    """
    folder = made["h264.mp4"].path.parent

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shader = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
    try:
        with chromium(*shader, "--enable-gpu-rasterization") as painting:
            plain = painting.browser_type.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            pages = [browser.new_page() for browser in (painting, plain)]
            for page in pages:
                page.goto(f"http://127.0.0.1:{server.server_port}/png/0001.png")
            yield pages
            plain.close()
    finally:
        server.shutdown()
        server.server_close()


_SEEN = """async ([path, side, raw]) => {
    const still = !/mp4|mov|mkv/.test(path);
    const element = document.createElement(still ? 'img' : 'video');
    await new Promise((good, bad) => {
        element.onerror = () => bad(new Error('it does not play'));
        element[still ? 'onload' : 'onloadeddata'] = good;
        element.src = '/' + path;
    });
    if (!still && raw) {
        const frame = new VideoFrame(element);
        const bytes = new Uint8Array(frame.allocationSize());
        const layout = await frame.copyTo(bytes);
        const told = frame.colorSpace.toJSON(), numbers = [];
        for (let y = side / 2; y < frame.visibleRect.height; y += side)
            for (let x = side / 2; x < frame.visibleRect.width; x += side)
                numbers.push(layout.map((plane, n) => {
                    const at = plane.offset + (y >> (n > 0)) * plane.stride + 2 * (x >> (n > 0));
                    return bytes[at] + 256 * bytes[at + 1];
                }));
        frame.close();
        return {told, numbers};
    }
    const canvas = document.createElement('canvas');
    canvas.width = element.videoWidth || element.naturalWidth;
    canvas.height = element.videoHeight || element.naturalHeight;
    const drawing = canvas.getContext('2d');
    // a busy browser says that it has the picture before it can paint it
    for (let tries = 0; tries < 100; tries++) {
        drawing.drawImage(element, 0, 0);
        if (drawing.getImageData(0, 0, canvas.width, canvas.height).data.some((value, n) => value && n % 4 < 3)) break;
        await new Promise((good) => setTimeout(good, 50));
    }
    const colours = [];
    for (let y = side / 2; y < canvas.height; y += side)
        for (let x = side / 2; x < canvas.width; x += side)
            colours.push([...drawing.getImageData(x, y, 1, 1).data]);
    return {colours};
}"""
#: What a browser plays; it has no ProRes, HAP and OpenEXR, and HEVC only where a card decodes it.
PLAYED = [name for name in KINDS if name.startswith(("h264", "av1", "plain", "clear.w", "clear.a", "png", "deep"))]


@pytest.mark.parametrize("name", PLAYED)
def test_colours_come_back_through_a_browser(name: str, made: dict[str, Made], pages: list[Any]) -> None:
    path = made[name].path.relative_to(made["h264.mp4"].path.parent)
    raw = made[name].film.choice.depth == 10
    seen = pages[raw].evaluate(_SEEN, [str(path), SIDE, raw])
    if "told" in seen:
        assert seen["told"] == {"matrix": "bt709", "primaries": "bt709", "transfer": "bt709", "fullRange": False}
        y, u, v = (np.array(seen["numbers"]) / 4 - [16, 128, 128]).T / np.array([[219], [224], [224]])
        red, blue = y + 1.5748 * v, y + 1.8556 * u
        colours = 255 * np.stack([red, (y - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], 1)
    else:
        rgba = np.array(seen["colours"], float)
        colours = over_black(rgba)
    np.testing.assert_allclose(colours, COLOURS, atol=NEAR)


@pytest.mark.parametrize("name", ["h264.mp4", "prores.mov", "hevc.mkv", "av1.mkv", "exr/%06d.exr"])
def test_the_same_pictures_are_the_same_bytes(name: str, made: dict[str, Made], tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    with open_film(path, SIZE, FPS, Sound(48000), KINDS[name], labels=LABELS) as film:
        film.chapter(0.0, "first")
        film.chapter(0.2, "second")
        for n in range(FRAMES):
            film.write(patches())  # eight bits are the same in sixteen
            edges = [round(k * 48000 / FPS) for k in (n, n + 1)]
            film.write_audio(np.zeros((edges[1] - edges[0], 2), np.float32))
    again = path.with_name(path.name % 3) if "%" in name else path
    assert again.read_bytes() == made[name].path.read_bytes()


def test_no_file_is_left_of_a_film_that_cannot_be(tmp_path: Path) -> None:
    for name, asked in (("a.mp4", Encoding(depth=12)), ("a.gif", Encoding(alpha="luma")), ("a.xyz", Encoding())):
        with pytest.raises(OutputError) as caught:
            open_film(tmp_path / name, SIZE, FPS, None, asked)
        assert caught.value.where
        assert caught.value.hint
    assert not list(tmp_path.iterdir())
