"""What is left of a show for a bug report: a log that stays small and waits for no disk, a bundle that names nobody."""

import zipfile
from pathlib import Path

import pytest

from vj.apps.blackbox import diary
from vj.apps.blackbox.bundle import pack
from vj.apps.blackbox.diary import FULL_BYTES, Diary
from vj.apps.blackbox.scrub import Scrub
from vj.apps.live.notices import Notices
from vj.apps.worker import Worker
from vj.core.errors import OutputError

NAMES = (("lena", "<user>"), ("Lena Musterfrau", "<user>"), ("stagebox", "<host>"))
#: What a log may say, and what must not be left of it.
SAID = {
    "the sound of /home/lena/Music/My First Song.flac cannot be read": ("lena", "First", "Song"),
    'the film "/media/STICK/Club Night 3.mp4" cannot be written': ("STICK", "Club", "Night"),
    "recording to /home/lena/My Sets/Hochzeit von Paul.mp4": ("My Sets", "Hochzeit", "Paul"),
    "the look /media/lena/USB Stick/My looks/warm.toml is broken": ("Stick", "looks", "warm"),
    "input Lena's AirPods is lost": ("Lena",),
    "OSC from 192.168.1.23:9000, fe80::1c2a:33ff:fe01:2222": ("192.168", "fe80"),
    "surface http://stagebox.local:7480/?token=5f3a9c01": ("stagebox", "5f3a9c01"),
    "write to lena@example.org about setlist Abschied von Paul.toml": ("lena@", "Paul", "example"),
    r"C:\Users\lena\Desktop\drums.wav is no sound file": ("lena", "drums", "Desktop"),
    "the song is called wedding of anna and tom.mp3": ("anna", "tom"),
}


@pytest.mark.parametrize("text", SAID)
def test_names_are_taken_out(text: str) -> None:
    told = Scrub(NAMES, Path("/home/lena"))(text)
    assert not [name for name in SAID[text] if name.casefold() in told.casefold()], told
    assert "<" in told


def test_what_helps_stays() -> None:
    scrub = Scrub(NAMES, Path("/home/lena"), ("model", "fx", "media", "tempo"))
    frame = "    /home/lena/.venv/lib/python3.11/site-packages/vj/apps/live/loop.py:115 run"
    assert scrub(frame).endswith("/vj/apps/live/loop.py:115 run")
    for text in (
        "OSC: UDP 127.0.0.1:7400",
        "llvmpipe (LLVM 15.0.6, 256 bits)",
        "nanoKONTROL2: factory map, 42 bindings",
    ):
        assert scrub(text) == text
    told = "2026-11-29 21:40:01 /model/select: no bundle 'neon', /fx/bloom/gain stays"
    assert scrub(told) == told
    assert scrub("/media/stick/x") == "<path>"
    assert scrub("FAULT\n  where: /srv/My Songs/Anna.wav\n  try:   again") == "FAULT\n  where: <path>\n  try:   again"


def test_the_log_says_what_was_noticed_and_what_failed(tmp_path: Path) -> None:
    class Failing(Worker):
        def step(self) -> None:
            raise ValueError("no such luck")

    path = tmp_path / "state" / "show.log"
    with diary.keeping("vj 1", path):
        notices = Notices(diary.say)
        for _ in range(3):
            notices.hold("the input is silent")
        worker = Failing("hearing")
        worker.start()
        while worker.errors < 5:
            pass
        worker.stop()
    text = path.read_text()
    assert "BEGIN vj 1" in text
    assert text.count("the input is silent") == 1
    assert text.count("FAULT hearing: ValueError: no such luck") == 1
    assert "test_blackbox.py" in text
    assert text.rstrip().endswith("END")
    diary.say("to nobody")


def test_it_stays_small_and_no_disk_holds_it_up(tmp_path: Path) -> None:
    path = tmp_path / "show.log"
    kept = Diary(path)
    for n in range(3000):
        kept.say(f"{n} " + "x" * 300)
        while kept._words.full():
            pass
    kept.close()
    assert path.stat().st_size < FULL_BYTES + 1024
    assert (tmp_path / "show.before.log").stat().st_size < FULL_BYTES + 1024
    assert path.read_text().splitlines()[-1].split()[2] == "2999"
    gone = Diary(tmp_path / "show.log" / "no folder")
    gone.say("lost")
    gone.close()
    assert gone.lost == 1


def test_a_bundle_has_the_logs_and_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "show.log").write_text("BEGIN\n" + "y" * (1 << 20) + f"\nin {Path.home()}/somewhere/here the end\n")
    (tmp_path / "crashes.log").write_text("Fatal Python error: Segmentation fault\n")
    packed = pack(tmp_path / "out.zip", lambda: iter(["vj 1", "  FAILED: no input"]), tmp_path)
    with zipfile.ZipFile(packed.path) as file:
        texts = {name: file.read(name).decode() for name in file.namelist()}
    assert list(texts) == ["about.txt", "report.txt", "versions.txt", "show.log", "crashes.log"]
    assert "no input" in texts["report.txt"]
    assert "numpy" in texts["versions.txt"]
    assert len(texts["show.log"]) <= 513 << 10
    assert "the end" in texts["show.log"]
    assert "somewhere" not in texts["show.log"]
    assert packed.replaced >= 1
    with pytest.raises(OutputError, match="cannot be written"):
        pack(tmp_path / "none" / "out.zip", lambda: iter([]), tmp_path)
