"""The fork server: `python -m vj.apps.spare.forking SOCKET` has imported all that a show does, and each spare is a copy
of it, there within milliseconds and sharing its memory.

It says "r" when it can be asked. It is sent JSON, `bundles` and `headless`, with the descriptors that are to be the
copy's standard input and what the copy tells on, and answers with the copy's process id. The end of the socket is the
end of it.
"""

import gc
import json
import os
import socket
import sys
import threading
import warnings
from contextlib import suppress

from vj.apps.spare.readying import deaf, give_way, import_all, stand_by

#: Bytes of what it is sent at most.
WORD_BYTES = 65536


def main() -> None:
    """Import, wait and be copied; returns in a copy that was the show, when that is over."""
    ear = socket.socket(fileno=int(sys.argv[1]))
    deaf()
    # By a thread, for what gives way once gives way for ever, and a copy takes after the thread that makes it.
    importer = threading.Thread(target=_import, name="importing")
    importer.start()
    importer.join()
    gc.collect()
    gc.freeze()  # what is there already is looked through no more: pages stay shared
    with suppress(OSError):  # the guard has just gone: the next line sees that
        ear.send(b"r")
    while True:
        word, descriptors, *_ = socket.recv_fds(ear, WORD_BYTES, 2)
        if not word:
            os._exit(0)
        pid = _copied()
        if pid == 0:
            break
        with suppress(OSError):
            ear.send(str(max(pid, 0)).encode())
        for descriptor in descriptors:
            os.close(descriptor)
    ear.close()
    said, tell = descriptors
    os.dup2(said, 0)
    os.close(said)
    sys.stdin = os.fdopen(0, closefd=False)
    with suppress(Exception):  # who needs one begins it
        from vj.apps.guard.apart import copy_painter

        copy_painter()
    asked = json.loads(word)
    stand_by(tell, asked["headless"], asked["bundles"])


def _import() -> None:
    give_way()
    with suppress(Exception):  # the show will say what is wrong
        import_all(lambda: False)


def _copied() -> int:
    """The process id of a copy of this process, 0 in the copy, -1 for none. It is a copy's copy whose father
    is gone: so it becomes a child of the guard, which asks for that (`proc.adopting`), and need not be buried here."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: only those of libraries that heed a fork run
        child = os.fork()
    if child:
        os.close(writer)
        os.waitpid(child, 0)
        with os.fdopen(reader) as answer:
            return int(answer.read() or -1)
    os.close(reader)
    grandchild = os.fork()
    if grandchild:
        os.write(writer, str(grandchild).encode())
        os._exit(0)
    os.close(writer)
    return 0


if __name__ == "__main__":
    main()
