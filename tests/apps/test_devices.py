"""`vj devices` with and without a sound system."""

import pytest
from servers.jack import environment, jackd

from vj.apps.devices import audio_lines, print_devices
from vj.devices._audio_link import devices


@pytest.mark.audio
def test_a_jack_server_is_listed_and_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    with jackd(rate=44100):
        print_devices()
        lines = list(audio_lines())
    shown = capsys.readouterr().out
    row = next(line for line in shown.splitlines() if "system" in line)
    assert row.split() == [row.split()[0], "2*", "2*", "44100", "system", "JACK", "Audio", "Connection", "Kit"]
    assert any("system, JACK Audio Connection Kit: in 2*, out 2*, 44100 Hz" in line for line in lines)


def test_without_devices_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with environment(JACK_DEFAULT_SERVER="nobody", JACK_NO_START_SERVER="1", PULSE_SERVER="unix:/nowhere"):
        if devices():
            pytest.skip("this machine has a sound card")
        print_devices()
        assert list(audio_lines()) == ["no audio device"]
    shown = capsys.readouterr().out
    assert "libasound2-plugins" in shown
    assert "vj live --input" in shown
