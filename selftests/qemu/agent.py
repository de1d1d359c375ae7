# SPDX-License-Identifier: GPL-2.0-only
"""Runs commands in the guest through the agent on its virtio serial port.

The frames are described in guest/agent_proto.h. One Agent is one connection;
after a restore the rig makes a new one, with a new nonce, to an agent that
knows nothing of it: see there how the two find each other again.
"""

import itertools
import os
import select
import socket
import struct
import time
import zlib

MAGIC = 0x31414353
PAYLOAD_MAX = 4096
HEADER = struct.Struct("<IIQIIII")
HELLO, EXEC, STDIN = 1, 2, 3
HELLO_ACK, STDOUT, STDERR, EXIT = 65, 66, 67, 68
# Lines of a command that did not end.
TAIL = 8
# The guest's clock stands still for a part of each take: it ends a command later than we would.
SPARE_S = 60
# How often the machine itself is looked at.
LOOK_S = 2


class AgentError(Exception):
    """The agent did not answer, or a command did not end as expected."""


class Job:
    """A command in the guest: stdout, stderr and how it ended."""

    def __init__(self, agent, ident, command):
        self.agent = agent
        self.ident = ident
        self.command = command
        self.out = bytearray()
        self.err = bytearray()
        self.code = None
        self.signal = 0
        self.timed_out = False

    @property
    def done(self):
        return self.code is not None

    @property
    def stdout(self):
        return self.out.decode(errors="replace")

    @property
    def stderr(self):
        return self.err.decode(errors="replace")

    def __str__(self):
        how = f"exit code {self.code}"
        if self.timed_out:
            how = "timed out"
        elif self.signal:
            how = f"signal {self.signal}"
        text = f"'{self.command}': {how}"
        for name, data in (("stdout", self.stdout), ("stderr", self.stderr)):
            if data.strip():
                text += f"\n{name}: {data.strip()}"
        return text

    def send(self, data):
        """Feeds the command; nothing ends its input."""
        self.agent.send(STDIN, self.ident, data)

    def wait(self, timeout):
        try:
            self.agent.pump(lambda: self.done, timeout, f"the end of {self.command!r}")
        except AgentError as error:
            said = (self.stdout + self.stderr).strip().splitlines()[-TAIL:]
            raise AgentError("\n".join([str(error), "its last words:", *said])) from None
        return self


class Agent:
    """One connection to the agent; every method is bounded in time."""

    def __init__(self, path):
        self.path = path
        self.sock = None
        self.nonce = 0
        self.inbox = bytearray()
        self.jobs = {}
        self.idents = itertools.count(1)
        self.acked = False
        self.guest_ns = 0
        self.dead = lambda: ""      # why there will be no answer any more

    def close(self):
        if self.sock:
            self.sock.close()
            self.sock = None

    def connect(self, timeout, alive=lambda: True):
        """Says hello until the agent answers; the machine may still be booting.

        Padding goes out once, before the first hello: a hello that came too
        early waits in the port's queue or is lost, it is never cut.
        """
        deadline = time.monotonic() + timeout
        self.close()
        self.inbox.clear()
        self.acked = False
        self.nonce = int.from_bytes(os.urandom(8), "little")
        padding = bytes(HEADER.size + PAYLOAD_MAX)
        while not self.acked:
            if time.monotonic() > deadline:
                raise AgentError(f"agent did not answer within {timeout:.0f} s")
            if not alive():
                raise AgentError("machine ended while the agent was waited for")
            try:
                if not self.sock:
                    self.sock = socket.socket(socket.AF_UNIX)
                    self.sock.settimeout(max(0.1, deadline - time.monotonic()))
                    self.sock.connect(self.path)
                    self.sock.sendall(padding)
                self.send(HELLO, 0, b"")
                self.pump(lambda: self.acked, 0.25, None)
            except (ConnectionError, FileNotFoundError, socket.timeout):
                self.close()
                time.sleep(0.01)
        return self

    def send(self, kind, ident, payload):
        while True:
            part, payload = payload[:PAYLOAD_MAX], payload[PAYLOAD_MAX:]
            head = HEADER.pack(MAGIC, kind, self.nonce, ident, len(part), zlib.crc32(part), 0)
            head = head[:-4] + struct.pack("<I", zlib.crc32(head[:-4]))
            self.sock.sendall(head + part)
            if not payload:
                return

    def handle(self, kind, ident, payload):
        if kind == HELLO_ACK:
            self.acked = True
            self.guest_ns = struct.unpack_from("<Q", payload)[0]
            return
        job = self.jobs.get(ident)
        if not job:
            return
        if kind == STDOUT:
            job.out += payload
        elif kind == STDERR:
            job.err += payload
        elif kind == EXIT:
            job.code, job.signal, timed_out, error = struct.unpack_from("<IIII", payload)
            job.timed_out = bool(timed_out)
            if error:
                job.err += f"agent: {os.strerror(error)}\n".encode()
            elif job.signal:
                job.code = 128 + job.signal
            del self.jobs[ident]

    def parse(self):
        while len(self.inbox) >= HEADER.size:
            magic, kind, nonce, ident, size, payload_crc, crc = HEADER.unpack_from(self.inbox)
            if (magic != MAGIC or size > PAYLOAD_MAX
                    or zlib.crc32(self.inbox[:HEADER.size - 4]) != crc):
                del self.inbox[:1]
                continue
            if len(self.inbox) < HEADER.size + size:
                return
            payload = bytes(self.inbox[HEADER.size:HEADER.size + size])
            if zlib.crc32(payload) != payload_crc:
                del self.inbox[:1]
                continue
            del self.inbox[:HEADER.size + size]
            if nonce == self.nonce:
                self.handle(kind, ident, payload)

    def pump(self, condition, timeout, what):
        """Receives until condition() holds; what is None: give up silently."""
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                if what:
                    raise AgentError(f"waited {timeout:.0f} s for {what}")
                return
            if not select.select([self.sock], [], [], min(left, LOOK_S))[0]:
                why = what and self.dead()
                if why:
                    raise AgentError(f"{why}, no use to wait for {what}")
                continue
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionResetError("the agent's port was closed")
            self.inbox += data
            self.parse()

    def start(self, command, timeout=60):
        """Starts a command; the guest kills it after timeout seconds (0: never)."""
        job = Job(self, next(self.idents), command)
        payload = struct.pack("<I", int(timeout * 1000)) + command.encode()
        if len(payload) > PAYLOAD_MAX:
            raise AgentError("command is too long: put() a script")
        self.jobs[job.ident] = job
        self.send(EXEC, job.ident, payload)
        return job

    def run(self, command, timeout=60):
        """Runs a command to its end, whatever its exit code is."""
        job = self.start(command, timeout)
        job.send(b"")
        return job.wait(timeout + SPARE_S)

    def put(self, path, data, mode=0o644, timeout=60):
        if isinstance(data, str):
            data = data.encode()
        job = self.start(f"cat > '{path}' && chmod {mode:o} '{path}' && stat -c %s '{path}'",
                         timeout)
        if data:
            job.send(data)
        job.send(b"")
        job.wait(timeout + SPARE_S)
        if job.code or int(job.stdout) != len(data):
            raise AgentError(f"put {path}: {job}")

    def get(self, path, timeout=60):
        job = self.run(f"cat '{path}'", timeout)
        if job.code:
            raise AgentError(str(job))
        return bytes(job.out)
