"""`vj devices` with and without a sound system."""

import subprocess
import time

import pytest
from servers.jack import environment, jackd
from servers.xvfb import xvfb

from vj.apps.machine.devices import audio_lines, print_all, print_devices
from vj.devices.audio.link import devices


@pytest.mark.audio
def test_a_jack_server_is_listed_and_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    with jackd(rate=44100):
        print_devices()
        lines = list(audio_lines())
    shown = capsys.readouterr().out
    row = next(line for line in shown.splitlines() if "system" in line)
    assert row.split() == [row.split()[0], "2*", "2*", "44100", "system", "JACK", "Audio", "Connection", "Kit"]
    assert any("system, JACK Audio Connection Kit: in 2*, out 2*, 44100 Hz" in line for line in lines)


@pytest.mark.audio
@pytest.mark.midi
@pytest.mark.gl
def test_displays_and_controllers_are_listed_too(capsys: pytest.CaptureFixture[str]) -> None:
    with xvfb(800, 600), jackd(rate=44100):
        player = subprocess.Popen(["jack_midiseq", "keys", "48000", "0", "49", "24000"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            print_all()
        finally:
            player.terminate()
            player.wait()
    shown = capsys.readouterr().out
    for word in ("Sound", "Displays", "800x600+0+0", "primary", "--display", "MIDI", "keys", "default map"):
        assert word in shown


def test_a_part_that_is_missing_leaves_the_others_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with environment(DISPLAY="", WAYLAND_DISPLAY=""):
        print_all()
    shown = capsys.readouterr().out
    assert "no screen to open a window on" in shown
    assert "MIDI" in shown


def test_without_devices_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with environment(JACK_DEFAULT_SERVER="nobody", JACK_NO_START_SERVER="1", PULSE_SERVER="unix:/nowhere"):
        if devices():
            pytest.skip("this machine has a sound card")
        print_devices()
        assert list(audio_lines()) == ["no audio device"]
    shown = capsys.readouterr().out
    assert "libasound2-plugins" in shown
    assert "vj live --input" in shown
