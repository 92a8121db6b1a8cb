"""Programs that were not written for us: one that browses the network and asks by OSCQuery, zeroconf's own browser."""

import queue
from collections.abc import Iterator
from typing import Any

import pytest
from pythonoscquery.osc_query_client import OSCQueryClient
from pythonoscquery.shared.oscquery_spec import OSCQueryAttribute
from servers.web import Show, a_show
from zeroconf import ServiceBrowser, ServiceListener, Zeroconf

from vj.apps.web.announce import OSC, OSCQUERY


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


class Found(ServiceListener):
    """Hands on what is announced, with all that is said of it."""

    def __init__(self) -> None:
        self.services: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.services.put(zc.get_service_info(type_, name))

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Nothing is awaited of it."""

    remove_service = update_service


def found(kind: str, port: int) -> Any:
    """The service of that kind and port on the loopback interface, where alone it is announced."""
    listener = Found()
    with Zeroconf(interfaces=["127.0.0.1"]) as browsing:
        ServiceBrowser(browsing, kind, listener)
        while True:
            service = listener.services.get(timeout=15.0)
            if service is not None and service.port == port:
                return service


def test_a_stranger_finds_the_show_and_reads_its_tree(show: Show) -> None:
    assert show.get("/", Accept="application/json")[0] == 200
    assert found(OSC, show.osc.port).addresses == [bytes([127, 0, 0, 1])]
    client = OSCQueryClient(found(OSCQUERY, show.link.port))
    host = client.get_host_info()
    assert host is not None
    assert (host.osc_ip, host.osc_port, host.osc_transport) == ("127.0.0.1", show.osc.port, "UDP")
    for address in ("/master/level", "/latent/seed", "/fx/on", "/director/select", "/tempo/range/low"):
        node = client.query_node(address)  # it takes no node that is written only, or a container with a value
        assert node is not None
        assert node.attributes[OSCQueryAttribute.VALUE] == [show.value(address)]
    assert client.query_node("/no/such/node") is None
