"""Sound servers that mix channels by name: each channel is heard alone, under the name that people know."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from servers.jack import environment, jackd
from servers.pipewire import pipewire
from servers.pulse import Sink, control, layout, pulseaudio, tones

from vj.apps.live.inputs import Inputs
from vj.apps.machine.devices import audio_lines
from vj.core.handoff import SampleRing
from vj.core.params import Snapshot
from vj.devices.audio import _list
from vj.devices.audio._child import sane
from vj.devices.audio.input import AudioIn
from vj.devices.audio.link import Device, devices
from vj.devices.audio.output import AudioOut

pytestmark = pytest.mark.audio
WaitUntil = Callable[..., None]
TONES = (300, 500, 700, 1100)
PLACES, NUMBERS = layout("front-left", "front-right", "rear-left", "rear-right"), layout("aux0", "aux1", "aux2", "aux3")


@contextmanager
def desktop(server: str) -> Iterator[None]:
    """A real sound server of that name, and no JACK."""
    kinds: dict[str, Callable[[], AbstractContextManager[object]]] = {
        "PulseAudio": pulseaudio,
        "PipeWire": pipewire,
        "ALSA": lambda: pipewire(alsa=True),
    }
    with environment(JACK_DEFAULT_SERVER="nobody-is-there", JACK_NO_START_SERVER="1"), kinds[server]():
        yield


def expect(ring: SampleRing, *right: int) -> None:
    """Fail unless some half second of the next ten seconds is made of just those TONES that are 1 in `right`.

    (On a busy machine servers and players stumble, which costs level; a wrong mix stays wrong.)
    """
    ring.catch_up()
    found: list[list[float]] = []
    for _ in range(20):
        sound = ring.read(24000, timeout=5.0)
        assert sound is not None, "nothing came"
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(24000))) / 6000
        found.append([float(spectrum[hertz // 2]) for hertz in TONES])
        wanted = [level for level, is_right in zip(found[-1], right, strict=True) if is_right]
        others = [level for level, is_right in zip(found[-1], right, strict=True) if not is_right]
        if min(wanted) > 0.03 and max(others) < 0.1 * min(wanted):
            return
    pytest.fail(f"heard {np.round(found, 3).tolist()}, not {right}")


@pytest.mark.parametrize("names", [PLACES, NUMBERS], ids=["places", "numbers"])
@pytest.mark.parametrize("server", ["PulseAudio", "PipeWire", "ALSA"])
def test_chosen_channels_are_heard_alone(server: str, names: str, tmp_path: Path) -> None:
    with desktop(server):
        Sink("quad", "Quad", names).plug()
        control("set-default-source", "quad.monitor")
        where = environment(PULSE_SERVER="unix:/nowhere") if server == "ALSA" else environment()
        device = None if server == "ALSA" else "Monitor of Quad"
        with tones(tmp_path, "quad", names, *TONES), where:
            for channels, right in (((2, 3), (0, 0, 1, 1)), ((3,), (0, 0, 0, 1)), ((0, 1), (1, 1, 0, 0))):
                ring = SampleRing(48000 * 4)
                with AudioIn(ring, device, channels) as ears:
                    expect(ring, *right)
                assert server in ears.name
                assert not ears.notes


@pytest.mark.parametrize("server", ["PulseAudio", "PipeWire"])
def test_sources_have_the_names_that_people_know(server: str, wait_until: WaitUntil) -> None:
    with desktop(server):
        Sink("quad", "Quad", NUMBERS).plug()
        Sink("twin", "Quad").plug()
        Sink("wall", "Speakers").plug()
        control("set-default-source", "wall.monitor")
        wait_until(lambda: [device.name for device in devices() if device.default_input] == ["Monitor of Speakers"])
        found = {device.name: device for device in devices() if device.inputs}
        assert not {"default", "pipewire", "pulse"} & set(found)
        twin = found["Monitor of Quad (twin.monitor)"]
        assert (twin.host, twin.inputs, twin.outputs, twin.rate) == (server, 2, 0, 48000)
        assert found["Monitor of Quad (quad.monitor)"].inputs == 4
        assert (
            f"{found['Monitor of Speakers'].index}: Monitor of Speakers, {server}: in 2*, out -, 48000 Hz"
            in audio_lines()
        )
        for word in (
            "default",
            "pulse",
            "pipewire",
            "speakers",
            "wall.monitor",
            str(found["Monitor of Speakers"].index),
        ):
            with AudioIn(SampleRing(48000), word) as ears:
                assert ears.name == f"Monitor of Speakers, {server}"


@pytest.mark.parametrize("server", ["PulseAudio", "PipeWire"])
def test_an_interface_that_comes_back_smaller_is_heard_and_told_of(
    server: str, tmp_path: Path, wait_until: WaitUntil
) -> None:
    ring = SampleRing(48000 * 4)
    with desktop(server):
        whole, smaller = Sink("quad", "Quad", PLACES), Sink("quad", "Quad", rate=44100)
        whole.plug()
        with AudioIn(ring, "Quad", (2, 3)) as ears:
            assert not ears.notes
            wait_until(lambda: ring.written)
            whole.pull()
            wait_until(lambda: ears.lost)
            smaller.plug()
            with tones(tmp_path, "quad", smaller.layout, *TONES[:2]):
                wait_until(lambda: ears.reopened and not ears.lost, 20.0)
                expect(ring, 1, 1, 0, 0)
            assert ears.notes == ("channels 3,4 are not there: hearing 1,2",)
            smaller.pull()
            wait_until(lambda: ears.lost)
            whole.plug()
            with tones(tmp_path, "quad", PLACES, *TONES):
                wait_until(lambda: ears.reopened == 2 and not ears.lost, 20.0)
                expect(ring, 0, 0, 1, 1)
            assert not ears.notes, "the choice is kept"


def test_the_next_input_and_back_keeps_the_channels_of_each(wait_until: WaitUntil) -> None:
    with desktop("PulseAudio"):
        Sink("quad", "Quad", PLACES).plug()
        with Inputs(SampleRing(48000 * 4), "Quad", (2, 3)) as inputs:
            heard = [(inputs.name, inputs._now.channels)]
            for count in (1, 2):
                before = inputs.name
                inputs.publish(Snapshot({"/audio/next": count}))
                wait_until(lambda before=before: inputs.name != before)
                heard.append((inputs.name, inputs._now.channels))
    assert heard == [
        ("Monitor of Quad, PulseAudio", (2, 3)),
        ("Monitor of Desk, PulseAudio", None),
        ("Monitor of Quad, PulseAudio", (2, 3)),
    ]


@pytest.mark.parametrize("pulse", [True, False], ids=["with PulseAudio's half", "alone"])
def test_through_pw_jack_the_default_is_the_users_default(pulse: bool, tmp_path: Path, wait_until: WaitUntil) -> None:
    with pipewire() as server:
        for sink in (Sink("wall", "Speakers"), Sink("quad", "Quad", NUMBERS)):
            sink.plug()
        control("set-default-sink", "wall")
        control("set-default-source", "quad.monitor")
        jack = environment() if pulse else environment(PULSE_SERVER="unix:/nowhere")
        with tones(tmp_path, "quad", NUMBERS, *TONES), server.as_jack(), jack:
            wait_until(lambda: defaults() == [("Quad", 1, 0), ("Speakers", 0, 1)])
            ring = SampleRing(48000 * 4)
            with AudioIn(ring, None, (2, 3)) as ears:
                assert ears.name == "Quad, JACK Audio Connection Kit"
                expect(ring, 0, 0, 1, 1)
                assert ears.latency is None, "4294967296 samples is no latency"
            with AudioOut(48000) as out:
                assert out.name == "Speakers, JACK Audio Connection Kit"
                assert out.latency <= 0.1


def test_a_real_jack_comes_before_the_sound_server() -> None:
    with jackd(), pulseaudio():
        assert defaults() == [("system", 1, 1)]
        assert "Monitor of Desk" in [device.name for device in devices()]


def defaults() -> list[tuple[str, int, int]]:
    """Name of each default device, and whether it is that of input and output."""
    found: list[Device] = [device for device in devices() if device.default_input or device.default_output]
    return sorted((device.name, int(device.default_input), int(device.default_output)) for device in found)


def test_a_part_of_a_name_means_the_interface_and_not_its_shadows() -> None:
    made = {"inputs": 2, "default_input": False}
    found = [
        made | {"index": 0, "handle": "alsa_input.usb", "name": "Scarlett Stereo", "host": "PipeWire"},
        made
        | {"index": 1, "handle": "alsa_output.usb.monitor", "name": "Monitor of Scarlett Stereo", "host": "PipeWire"},
        made | {"index": 2, "handle": "mic", "name": "Built-in", "host": "PipeWire", "default_input": True},
        made | {"index": 3, "handle": 0, "name": "Scarlett: USB Audio (hw:2,0)", "host": "ALSA"},
    ]

    def meant(word: str) -> list[int]:
        return [device["index"] for device in _list.matching(found, word, "inputs")]

    assert meant("scarlett") == [0]
    assert meant("monitor of scar") == [1]
    assert meant("hw:2") == [3]
    assert meant("Scarlett: USB Audio, ALSA") == [3]
    assert meant("pipewire") == [2]
    assert meant(", pipewire") == [0, 2]


def test_another_profile_of_the_same_card_is_the_same_device() -> None:
    card = "alsa_input.usb-Focusrite_Scarlett_18i8-00"
    made = {"host": "PipeWire", "inputs": 2, "default_input": False}
    found = [
        made | {"index": 0, "handle": "alsa_input.pci-0000.analog-stereo", "name": "Built-in"},
        made | {"index": 1, "handle": f"{card}.analog-stereo", "name": "Scarlett 18i8 Analog Stereo"},
    ]
    again = _list.again(found, "Scarlett 18i8 Pro, PipeWire", f"{card}.pro-input-0", "inputs")
    assert [device["index"] for device in again] == [1]
    assert _list.again(found, "Babyface, PipeWire", "alsa_input.usb-RME-00.pro-input-0", "inputs") == []


@pytest.mark.parametrize("latency", [float("nan"), float("inf"), -1.0, 89478.48, 10.0])
def test_a_latency_that_cannot_be_is_unknown(latency: float) -> None:
    assert sane(latency) is None
    assert sane(0.3) == 0.3
    assert sane(0.0) == 0.0
