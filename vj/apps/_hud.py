"""Fills the HUD with the figures of a running show."""

from typing import TYPE_CHECKING

from vj.outputs._hud import HudState

if TYPE_CHECKING:
    from vj.apps.live import Live


def hud_state(live: "Live") -> HudState:
    """What the operator's panel shows now."""
    return HudState()
