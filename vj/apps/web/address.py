"""Where the surface is found: its address, as a code to scan too, and in a browser of this machine."""

import importlib.util
import io
import os
import socket
import sys
import threading
import webbrowser


def url(host: str, port: int, token: str | None = None) -> str:
    """The address to open; with the token that a browser needs once."""
    return f"http://{host}:{port}/" + (f"?token={token}" if token else "")


def terminal_code(text: str) -> list[str]:
    """`text` as a code of block characters, a line each; nothing where they cannot be written."""
    if importlib.util.find_spec("segno") is None or "utf" not in (sys.stdout.encoding or "").lower():
        return []
    import segno

    drawn = io.StringIO()
    segno.make(text, error="l").terminal(drawn, border=2, compact=True)
    return drawn.getvalue().rstrip("\n").split("\n")


def svg_code(text: str) -> str:
    """`text` as a code in SVG, black on white; nothing where segno is not installed."""
    if importlib.util.find_spec("segno") is None:
        return ""
    import segno

    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=8, border=3, light="#fff", xmldecl=False)
    return drawn.getvalue().decode()


def show(text: str) -> bool:
    """Open an address in a browser that has a window of its own; whether there is one. Nothing waits for it."""
    screen = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not screen or os.environ.get("CI"):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(browser) is webbrowser.GenericBrowser:  # one that would draw into our terminal
        return False
    threading.Thread(target=browser.open, args=(text,), name="browser", daemon=True).start()
    return True


def own_address() -> str:
    """This machine's address in the network, as others see it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which way it would go
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
