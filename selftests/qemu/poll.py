# SPDX-License-Identifier: GPL-2.0-only
"""Finds the moment at which a service of a machine first gives the right answer.

Waiting on one connection would measure retransmission timers in place of the
machine: a SYN that comes before the machine listens, and an ARP request of
QEMU's network that comes before its card is ready, are repeated only after half
a second and more. So a new connection is opened every few milliseconds: each
makes QEMU's network ask for the machine's address anew, and what waits for that
address is delivered when it is known. The later it gets, the longer the
pauses, so that a machine which is slow to come up is not kept busy by them.
"""

import errno
import select
import socket
import struct
import time

# QEMU's network keeps a packet for one second while it looks for the address,
# so a later connection may come through when the first was lost.
LIFETIME_S = 5
# The answer is at most this much, or 2 % of the time so far, later than it could
# have been; and no more connections than this are open at a time.
INTERVAL_MIN_S = 0.03
INTERVAL_PART = 0.02
OUTSTANDING = 64


class Attempt:
    """One connection: sends the request, collects the answer."""

    def __init__(self, port, request):
        self.started = time.monotonic()
        self.request = request
        self.answer = b""
        self.sock = socket.socket()
        self.sock.setblocking(False)
        # Reset on close: an abandoned connection must not linger on any side.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.failed = self.sock.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS)

    def close(self):
        self.sock.close()

    def work(self, right):
        """Return: True when the right answer has come."""
        try:
            if self.request:
                self.request = self.request[self.sock.send(self.request):]
                return False
            data = self.sock.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            # QEMU accepts a connection before the machine does.
            self.failed = True
            return False
        self.answer += data
        self.failed = not data
        return right(self.answer, not data)


def first_answer(port, request, right, since, timeout, alive=lambda: True):
    """Polls from now on; (seconds from since to the answer, all of it) or None.

    right(answer, ended) looks at what has come on one connection so far, and
    whether its other end has closed it; it raises when that will never be right.
    """
    attempts = []
    next_start = time.monotonic()
    try:
        while True:
            now = time.monotonic()
            if now - since > timeout or not alive():
                return None
            for attempt in [a for a in attempts if a.failed or now - a.started > LIFETIME_S]:
                attempt.close()
                attempts.remove(attempt)
            if now >= next_start:
                if len(attempts) == OUTSTANDING:
                    attempts.pop(0).close()
                attempts.append(Attempt(port, request))
                next_start = now + max((now - since) * INTERVAL_PART, INTERVAL_MIN_S)
            readers = [a.sock for a in attempts if not a.request and not a.failed]
            writers = [a.sock for a in attempts if a.request and not a.failed]
            ready = select.select(readers, writers, [], max(0, next_start - time.monotonic()))
            ready = set(ready[0]) | set(ready[1])
            for attempt in attempts:
                if attempt.sock in ready and attempt.work(right):
                    return time.monotonic() - since, attempt.answer
    finally:
        for attempt in attempts:
            attempt.close()


def http_ok(answer, ended):
    """A server that is asked in HTTP 1.0 ends the connection behind the page."""
    return ended and answer.split(b"\r\n", 1)[0].endswith(b" 200 OK")


def first_ok(port, since, timeout, path="/", alive=lambda: True):
    """Polls HTTP; (seconds from since to the first answer 200, its body) or None."""
    request = f"GET {path} HTTP/1.0\r\nHost: guest\r\n\r\n".encode()
    result = first_answer(port, request, http_ok, since, timeout, alive)
    return (result[0], result[1].partition(b"\r\n\r\n")[2]) if result else None
