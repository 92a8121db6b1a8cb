"""The show's names in the network, by mDNS: `_oscjson._tcp` for OSCQuery, `_osc._udp` for OSC.

Announced where it can be reached: in the network with a token, and else on the loopback interface alone, where programs
of the same machine find it and nobody else does. It is a convenience; what goes wrong is said, and nothing more.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from typing import Any

#: Types of service, as DNS-SD names them.
OSCQUERY = "_oscjson._tcp.local."
OSC = "_osc._udp.local."


class Announced:
    """Announces `config` (name, host, port, osc_port) until `close`; takes a second, so it is done by a thread."""

    def __init__(self, config: Mapping[str, Any], where: str, say: Callable[[str], None]) -> None:
        self._config, self._where, self._say = config, where, say
        self._zeroconf: Any = None

    def open(self) -> None:
        """Announce; says what hinders it."""
        try:
            from zeroconf import IPVersion, ServiceInfo, Zeroconf
        except ImportError:
            self._say("not announced in the network: zeroconf is not installed")
            return
        address = ipaddress.ip_address(self._where)
        host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:50] or "vj"
        name = f"vj on {host} {self._config['port']}"
        try:
            self._zeroconf = Zeroconf(interfaces=[self._where], ip_version=IPVersion.V4Only)
            for kind, port in ((OSCQUERY, self._config["port"]), (OSC, self._config["osc_port"])):
                info = ServiceInfo(
                    kind, f"{name}.{kind}", addresses=[address.packed], port=port, server=f"vj-{host}.local.",
                    properties={"txtvers": "1"},
                )  # fmt: skip
                self._zeroconf.register_service(info, allow_name_change=True)
        except Exception as error:  # noqa: BLE001  whatever the network does, the show goes on
            self._say(f"not announced in the network: {error!r}"[:200])

    def close(self) -> None:
        """Take the names back."""
        if self._zeroconf is not None:
            self._zeroconf.close()
