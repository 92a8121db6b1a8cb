"""MIDI time code of another machine: quarter frames, and the full frames that say where it stands."""

from mido import Message

#: By their number in the code: frames a second, and how many a second's frames are counted as.
RATES = ((24.0, 24), (25.0, 25), (30000 / 1001, 30), (30.0, 30))
#: The number in the code of 29.97 frames a second, drop-frame.
DROP_RATE = 2
#: So many numbers are left out there at the begin of each minute but every tenth.
DROP_FRAMES = 2
#: After so many seconds without a quarter frame it stands.
STANDS_S = 0.25
#: Seconds between two times that are told: every frame is.
TELL_S = 0.02
ADDRESS = "/tempo/timecode"


class Timecode:
    """Follows what comes in; `news` is the time to tell, such as "01:02:03:04". Seconds on any one clock."""

    def __init__(self) -> None:
        self._pieces: dict[int, int] = {}
        self._order: list[int] = []
        self._rate = 1
        self._frame: int | None = None  # the frame at second `_at`
        self._at = 0.0
        self._way = 0  # +1 it runs, -1 backwards, 0 it stands
        self._heard = 0.0
        self._told, self._told_at = "", -TELL_S

    def take(self, message: Message, now: float) -> bool:
        """Take a message that came at `now`; whether it was of time code."""
        if message.type == "quarter_frame":
            self._quarter(message.frame_type, message.frame_value, now)
            return True
        data = message.data if message.type == "sysex" else ()
        if len(data) == 8 and (*data[:1], *data[2:4]) == (0x7F, 1, 1):
            self._stand(data[4:], now)
            return True
        return False

    def news(self, now: float) -> str:
        """The time of the frame at `now`, where it is another than was told; else nothing."""
        if self._frame is None or now - self._told_at < TELL_S:
            return ""
        if self._way and now - self._heard > STANDS_S:
            self._frame, self._at, self._way = self._now(self._heard), self._heard, 0
        label = written(self._now(now), self._rate)
        if label == self._told:
            return ""
        self._told, self._told_at = label, now
        return label

    def _now(self, now: float) -> int:
        return (self._frame or 0) + self._way * int(max(now - self._at, 0.0) * RATES[self._rate][0] + 1e-6)

    def _quarter(self, piece: int, value: int, now: float) -> None:
        if now - self._heard > STANDS_S:
            self._order.clear()
        self._heard = now
        self._pieces[piece] = value
        self._order = [*self._order[-7:], piece]
        if self._order not in (list(range(8)), list(range(7, -1, -1))):
            return
        p = [self._pieces[i] for i in range(8)]
        self._rate = p[7] >> 1 & 3
        frame = counted((p[7] & 1) << 4 | p[6], p[5] << 4 | p[4], p[3] << 4 | p[2], p[1] << 4 | p[0], self._rate)
        self._way = 1 if piece == 7 else -1
        # it is that of the first piece, seven quarters of a frame ago
        self._frame, self._at = frame, now - 1.75 / RATES[self._rate][0]

    def _stand(self, data: tuple[int, ...], now: float) -> None:
        hours, minutes, seconds, frames = data
        self._rate = hours >> 5 & 3
        self._frame, self._at, self._way = counted(hours & 31, minutes, seconds, frames, self._rate), now, 0
        self._order.clear()


def counted(hours: int, minutes: int, seconds: int, frames: int, rate: int) -> int:
    """The number of a frame by its time, from 0."""
    minutes += 60 * hours
    number = (60 * minutes + seconds) * RATES[rate][1] + frames
    return number - DROP_FRAMES * (minutes - minutes // 10) if rate == DROP_RATE else number


def written(number: int, rate: int) -> str:
    """The time of a frame by its number, as "hours:minutes:seconds:frames"; a semicolon where numbers are left out."""
    per = RATES[rate][1]
    number = max(number, 0)
    if rate == DROP_RATE:
        tens, rest = divmod(number, 17982)
        number += DROP_FRAMES * (9 * tens + max((rest - DROP_FRAMES) // 1798, 0))
    seconds, frames = divmod(number, per)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    mark = ";" if rate == DROP_RATE else ":"
    return f"{hours % 24:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"
