import threading

import numpy as np

from vj.core.handoff import Mailbox, SampleRing


def test_mailbox_keeps_the_newest_and_counts_the_rest() -> None:
    box: Mailbox[int] = Mailbox()
    for value in (1, 2, 3):
        box.put(value)
    assert (box.get(), box.get(), box.latest, box.dropped) == (3, None, 3, 2)


def test_mailbox_wakes_a_waiting_reader() -> None:
    box: Mailbox[int] = Mailbox()
    got: list[int | None] = []
    reader = threading.Thread(target=lambda: got.append(box.get(timeout=5.0)))
    reader.start()
    box.put(7)
    reader.join(5.0)
    assert got == [7]


def test_ring_gives_back_what_was_written_across_the_wrap() -> None:
    ring = SampleRing(1000)
    sent = np.arange(5000, dtype=np.float32)
    got = []
    for start in range(0, 5000, 250):
        ring.write(sent[start : start + 250])
        while (part := ring.read(64)) is not None:
            got.append(part)
    np.testing.assert_array_equal(np.concatenate(got), sent[: len(got) * 64])
    assert ring.overruns == 0


def test_ring_counts_what_a_slow_reader_loses() -> None:
    ring = SampleRing(1000)
    for value in range(30):
        ring.write(np.full(100, value, np.float32))
    assert ring.read(100) is not None
    assert ring.overruns == 1
    assert ring.position > 2000


def test_ring_remembers_when_samples_arrived() -> None:
    ring = SampleRing(10000)
    for n in range(5):
        ring.write(np.zeros(100, np.float32), stamp=10.0 + n)
    assert ring.arrived(100) == 10.0
    assert ring.arrived(101) == 11.0
    assert ring.arrived(500) == 14.0


def test_ring_survives_two_threads() -> None:
    ring = SampleRing(48000)
    sent = np.arange(200_000, dtype=np.float32)
    got: list[np.ndarray] = []

    def read() -> None:
        while sum(map(len, got)) < 199_680:
            part = ring.read(512, timeout=5.0)
            if part is None:
                return
            got.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    position = 0
    while position < len(sent):
        if ring.written - ring.position < 20_000:
            ring.write(sent[position : position + 333])
            position += 333
    reader.join(10.0)
    np.testing.assert_array_equal(np.concatenate(got), sent[:199_680])
