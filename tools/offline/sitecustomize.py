"""A Python that finds this folder in PYTHONPATH reaches its own machine only, as if offline.

The tests run the chapters so: whatever asks for another host gets an OSError that names it.
"""

import errno
import ipaddress
import sys

HOST_OF = {  # where the host stands in the arguments of an audit event of the socket module
    "socket.connect": lambda _, address: address[0] if isinstance(address, tuple) else None,
    "socket.sendto": lambda _, address: address[0] if isinstance(address, tuple) else None,
    "socket.getaddrinfo": lambda host, *_: host,
    "socket.gethostbyname": lambda host: host,
}


def is_here(host):
    """Whether a host, None for a socket in a file, is this machine."""
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def watch(event, arguments):
    if event in HOST_OF and not is_here(host := HOST_OF[event](*arguments)):
        raise OSError(errno.ENETUNREACH, f"The network is cut off for this test: {host}")


sys.addaudithook(watch)
