"""A private X server for tests: `with xvfb(1280, 720): ...` sets DISPLAY, and skips the test where there is none."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def xvfb(width: int = 640, height: int = 480, *extra: str) -> Iterator[str]:
    """Start Xvfb on a display number that it finds free itself; yields that display's name, such as ":3".

    `extra` are further arguments for the server, such as "-screen", "1", "640x480x24".
    """
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed (apt install xvfb)")
    screen = f"{width}x{height}x24"
    arguments = ["-screen", "0", screen, *extra, "+extension", "GLX", "-nolisten", "tcp", "-noreset"]
    with serving([program, *arguments]) as name:
        yield name


@contextmanager
def serving(command: list[str]) -> Iterator[str]:
    """Run an X server that takes -displayfd, with DISPLAY set to it and Wayland hidden; stop it at the end."""
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([*command, "-displayfd", str(writer)], pass_fds=[writer], stdout=log, stderr=log)
        os.close(writer)
        with os.fdopen(reader) as announced:
            # The server writes its number once it accepts clients; end of file means that it died instead.
            number = announced.readline().strip()
        if not number:
            server.wait()
            log.seek(0)
            pytest.skip(f"{command[0]} did not start: {log.read().decode(errors='replace')[-300:]}")
        kept = {name: os.environ.pop(name, None) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
        os.environ["DISPLAY"] = f":{number}"
        try:
            yield f":{number}"
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            server.terminate()
            server.wait()
