"""The server's process and its port, seen from the show: bound once, started as often as it takes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from vj.core.errors import ControlError

#: How many ports after a taken one are tried.
PORTS_TRIED = 20


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket that listens at `port` or the next free one; raises ControlError when none is."""
    reason: OSError | str = "a port is a number from 0 to 65535"
    for candidate in range(port, min(port + PORTS_TRIED, 65536)) if port else (0,):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere this would let two programs have the same port
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, candidate))
            sock.listen(64)
        except OSError as error:
            sock.close()
            reason = error
        else:
            return sock
    raise ControlError(f"no port for the surface ({reason})", f"{host}:{port}", "choose another --web-port")


def spawn(listening: socket.socket | None) -> "subprocess.Popen[bytes]":
    """The server's process, out of reach of a Ctrl-C meant for us."""
    package = Path(__file__).resolve().parents[3]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "vj.apps.web.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("VJ_WEB_LOG") else subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        start_new_session=os.name == "posix",
        pass_fds=() if listening is None else (listening.fileno(),),
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def end(child: "subprocess.Popen[bytes]") -> None:
    """End a server, which keeps nothing, at once."""
    child.kill()
    child.wait()
