"""The program at the other end of a request: where it is, what it calls itself."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

MAX_ADDRESS = 45
MAX_DEVICE = 200


@dataclass(frozen=True)
class Client:
    """Who sent a request, as far as the connection tells; see `server.trusted_proxies`."""

    # IPv4 or IPv6; empty where there is none, as on a Unix socket.
    address: str
    # The User-Agent, cut; empty when it was not sent.
    device: str
    arrived: datetime

    @property
    def network(self) -> str:
        """What rate limits count as one."""
        return network_of(self.address)


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that a subscriber of IPv6 gets; anything else as it is."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))
