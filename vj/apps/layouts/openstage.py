"""A session for Open Stage Control: JSON, with a tab for each chapter, and tabs in it for its pages.

Controls of one parameter on two pages have one id: the program moves them together then, and sends once.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from vj.apps.layouts.plan import Control, Page, chapters
from vj.core.params import AnyParam

VERSION = "1.30.0"


def session(table: Mapping[str, AnyParam], port: int = 7400) -> str:
    """The session for all of `table`, which sends to the show on this machine at `port`."""
    target = f"127.0.0.1:{port}"
    tabs = []
    for title, pages in chapters(table).items():
        below = [_tab(f"{title} {page.title}", page.title, page, target) for page in pages]
        tabs.append({**below[0], "label": title} if len(pages) == 1 else _tab(title, title, None, target, below))
    # faders are relative: one that does not know where the show stands would jump when it is touched
    asks = f"send('{target}', '/sync', 'numbers')"
    root = {"type": "root", "id": "root", "tabsPosition": "top", "onCreate": asks, "widgets": [], "tabs": tabs}
    return json.dumps(
        {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root}, indent=1
    )


def _tab(name: str, label: str, page: Page | None, target: str, tabs: Sequence[Any] = ()) -> dict[str, Any]:
    """A tab: a page of widgets, or tabs more."""
    widgets = [_widget(control, target) for control in page.controls] if page else []
    return {"type": "tab", "id": name, "label": label, "layout": "default", "widgets": widgets, "tabs": list(tabs)}


def _widget(control: Control, target: str) -> dict[str, Any]:
    """A widget; its id is its address, with the word that it says."""
    x, y, wide, high = control.frame
    widget: dict[str, Any] = {
        "top": y, "left": x, "width": wide, "height": high, "address": control.address, "target": target,
        "label": control.word.replace("_", " ") or control.words, "comments": control.param.doc,
        "ignoreDefaults": True,
    }  # fmt: skip
    widget["id"] = f"{control.address} {control.word}".strip()
    param = control.param
    if control.kind == "fader":
        decimals = 0 if param.kind == "int" else max(3, math.ceil(3 - math.log10(param.hi - param.lo)))
        widget |= {
            "type": "fader", "html": f"<p>{widget.pop('label')}</p>", "range": {"min": param.lo, "max": param.hi},
            "logScale": param.curve == "log", "default": param.default, "doubleTap": True, "snap": False,
            "decimals": decimals, "typeTags": "i" if param.kind == "int" else "f",
            "steps": int(param.hi - param.lo) + 1 if param.kind == "int" and param.hi - param.lo < 128 else "",
        }  # fmt: skip
    elif control.kind == "toggle":
        widget |= {
            "type": "button",
            "mode": "toggle",
            "on": 1,
            "off": 0,
            "typeTags": "i",
            "default": int(bool(param.default)),
        }
    elif control.kind == "choice":
        widget |= {"type": "button", "mode": "tap", "on": control.word, "off": None, "typeTags": "s"}
    else:
        widget |= {"type": "button", "mode": "tap", "on": 1, "off": 0, "typeTags": "i"}
    return widget
