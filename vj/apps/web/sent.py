"""What goes down the line: only what the server does not know yet, and pictures no larger than a tablet shows them."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vj.apps.web.nodes import DEEDS, described
from vj.core.params import AnyParam
from vj.core.types import U8

if TYPE_CHECKING:
    from vj.core.types import Features

#: The table is looked through for new choices and addresses so often.
TABLE_S = 0.3
#: Streams are told so often.
STREAMS_HZ = 20.0
#: Width of small pictures.
WIDTH = 320


class Sent:
    """What a server has been told, so that it need be told only what is new."""

    def __init__(self) -> None:
        self._table: dict[str, AnyParam] = {}
        self._values: dict[str, Any] = {}
        self._topics: dict[str, Any] = {}
        self._heard: dict[str, tuple[Any, ...]] = {}
        self._sounds_at = self._looked_at = 0.0

    def news(
        self, table: Mapping[str, AnyParam], values: Mapping[str, Any], topics: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The table if it is another, and values and topics that are."""
        message: dict[str, Any] = {}
        now = time.monotonic()
        if now - self._looked_at >= TABLE_S:
            self._looked_at = now
            if len(table) != len(self._table) or any(self._table.get(a) is not param for a, param in table.items()):
                from vj.apps.web import streams

                self._table = dict(table)
                message["table"] = described(self._table) | streams.described()
        told = self._values
        news = {address: value for address, value in values.items() if told.get(address) != value}
        told.update(news)
        if out := {a: value for a, value in news.items() if a in table and table[a].kind not in DEEDS}:
            message["values"] = out
        fresh = {name: topic for name, topic in topics.items() if self._topics.get(name) != topic}
        if fresh:
            self._topics.update(fresh)
            message["topics"] = fresh
        return message

    def sounds(self, features: "Features | None", status: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
        """What is heard, at most STREAMS_HZ times a second."""
        now = time.monotonic()
        if features is None or now - self._sounds_at < 0.9 / STREAMS_HZ:
            return {}
        from vj.apps.web import streams

        self._sounds_at = now
        heard = {**streams.heard(features), **status}
        news = {address: args for address, args in heard.items() if self._heard.get(address) != args}
        self._heard = heard
        return {"heard": news} if news else {}


def smaller(picture: U8) -> U8:
    """`picture` [h, w, 3] no wider than WIDTH, taken apart evenly where it is."""
    step = -(-picture.shape[1] // WIDTH)
    return picture[::step, ::step] if step > 1 else picture
