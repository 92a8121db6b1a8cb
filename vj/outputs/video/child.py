"""Starting the encoder's process, and what to advise when it fails."""

import os
import subprocess
import sys
from pathlib import Path


def environment() -> dict[str, str]:
    """Ours, in which a process of ours finds this package."""
    package = Path(__file__).resolve().parents[3]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    # SVT-AV1 tells its whole life to the terminal unless it is told not to.
    return {"SVT_LOG": "1", **os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def spawn(background: bool) -> "subprocess.Popen[bytes]":
    """The encoder's process, out of reach of a Ctrl-C meant for us, so that it can finish the file."""
    command = [sys.executable, "-m", "vj.outputs.video.encoder"]
    if background and os.name == "posix":
        # While a show is on, its frames come first.
        command = ["nice", "-n", "10", *command]
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        start_new_session=os.name == "posix",
        creationflags=flags,
    )


def hint(what: str) -> str:
    """What to do about a failure of the encoder."""
    if "No space" in what or "too large" in what:
        return "free some disk space, or write to another disk"
    if "ermission" in what or "Is a directory" in what:
        return "choose a file that can be written"
    return "choose another codec, size or path"
