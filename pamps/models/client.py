"""The client that sent a request: network address and user agent."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

MAX_ADDRESS = 45
MAX_DEVICE = 200


@dataclass(frozen=True)
class Client:
    """The sender of a request, as seen through `server.trusted_proxies`."""

    # IPv4 or IPv6; empty if there is none, as on a Unix socket.
    address: str
    # The User-Agent, truncated; empty if none was sent.
    device: str
    arrived: datetime

    @property
    def network(self) -> str:
        """The unit that rate limits count by; see `network_of`."""
        return network_of(self.address)


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address (what one subscriber gets); anything else unchanged."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))
