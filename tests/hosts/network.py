"""A place without a network: a thread in a network namespace of its own, where the platform lets us make one.

A namespace belongs to a thread, and what the thread opens or starts stays in it: the stand-in's socket and the client
meet on that namespace's loopback, and nothing else can be reached from there. Without the right to make one (or off
Linux) the same code runs in the machine's own network.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1


class Network:
    """Runs functions in the one thread that has left the machine's network."""

    def __init__(self) -> None:
        """Leave the network, if that is allowed."""
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.isolated = self.run(leave_network)

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function there; what it opens or starts stays there."""
        return self.thread.submit(function, *args, **kwargs).result()

    def close(self) -> None:
        """End the thread, and the namespace with it."""
        self.thread.shutdown()


def leave_network() -> bool:
    """Move this thread into a new network namespace that has only loopback, and say whether that worked."""
    if sys.platform != "linux" or ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        return False
    import fcntl  # there is no such module on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    return True
