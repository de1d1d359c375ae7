# SPDX-License-Identifier: GPL-2.0-only
"""Reads a machine's serial console: a log file, the time of each line, waiting
for a line, and the kernel's complaints that no test may pass with."""

import contextlib
import re
import select
import socket
import threading
import time

# What the kernel prints when something is wrong with it. Written for the
# start of a message: a unit's description may well contain such a word.
COMPLAINTS = re.compile("|".join((
    r"\bWARNING:", r"\bBUG:", r"^BUG ", r"Unbalanced", r"[Cc]all [Tt]race", r"\bOops\b",
    r"scheduling while atomic", r"\bKASAN\b", r"\bKFENCE\b", r"\bUBSAN\b", r"\bODEBUG\b",
    r"Kernel panic", r"Internal error:", r"Unable to handle kernel",
    r"possible circular locking", r"possible recursive locking", r"inconsistent lock state",
    r"possible irq lock inversion", r"suspicious RCU usage", r"bad unlock balance",
    r"lock held when returning", r"held lock freed", r"sleeping function called",
    r"detected stalls", r"self-detected stall", r"soft lockup", r"hard LOCKUP",
    r"blocked for more than \d+ seconds", r"refcount_t:", r"list_(add|del) corruption",
    r"nobody cared", r"Bad page", r"no longer affine", r"slab-out-of-bounds",
)))


STAMP = re.compile(r"^\[ *\d+\.\d+\] ?")
TASK = re.compile(r"\bPID: \d+ Comm: (\S+)")
FRAME = re.compile(r"^\s+([\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+")
# Lines from a complaint to the end of its call trace.
TRACE_LINES = 60
FRAMES = 16


def context(lines):
    """Who did it, from a complaint's line on: the task and what called what."""
    tasks, frames, tracing = [], [], False
    for line in lines:
        tasks += TASK.findall(line)
        frame = tracing and FRAME.match(line)
        if frame:
            frames.append(frame[1])
        elif frames:
            break
        tracing = tracing or "all trace:" in line
    return "".join((f" ({tasks[0]})" if tasks else "",
                    " <- ".join(["", *frames[:FRAMES]])))


def complaints(text):
    """What a test must fail for in a kernel log: one line each, once."""
    lines = [STAMP.sub("", line) for line in text.splitlines()]
    found = []
    for number, line in enumerate(lines):
        if COMPLAINTS.search(line):
            found.append(line.strip() + context(lines[number:number + TRACE_LINES]))
    return list(dict.fromkeys(found))


class Console:
    """A thread that owns one end of a socket pair; the machine has the other."""

    def __init__(self, log_path):
        self.log_path = log_path
        self.ours, self.theirs = socket.socketpair()
        self.changed = threading.Condition()
        self.lines = []         # (monotonic time of the first byte, text)
        self.partial = ""
        self.partial_time = 0.0
        self.ended = False
        self.lent = self.idle = False
        self.log = open(log_path, "wb")
        self.thread = threading.Thread(target=self.read, daemon=True)

    def start(self):
        """After the machine has inherited its end."""
        self.theirs.close()
        self.thread.start()

    def read(self):
        while True:
            self.idle = self.lent
            if self.idle or not select.select([self.ours], [], [], 0.05)[0]:
                time.sleep(0.02 if self.idle else 0)
                continue
            try:
                data = self.ours.recv(65536)
            except OSError:
                data = b""
            now = time.monotonic()
            if not data:
                break
            self.log.write(data)
            self.log.flush()
            with self.changed:
                self.feed(data.decode(errors="replace").replace("\r", ""), now)
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def send(self, text):
        """What a person types."""
        self.ours.sendall(text.encode())

    @contextlib.contextmanager
    def line(self):
        """The line itself, for a program that talks to the machine meanwhile."""
        self.lent = True
        while not self.idle and self.thread.is_alive():
            time.sleep(0.01)
        try:
            yield self.ours
        finally:
            self.lent = False

    def feed(self, text, now):
        for part in text.splitlines(keepends=True):
            if not self.partial:
                self.partial_time = now
            self.partial += part
            if part.endswith("\n"):
                self.lines.append((self.partial_time, self.partial.rstrip("\n")))
                self.partial = ""

    def find(self, pattern, start=0, partial=False):
        """The first line from number start on that matches: (number, time, match);
        partial: also one that is still being printed, as a prompt always is. Of any
        other, only a part may be there yet."""
        regex = re.compile(pattern)
        lines = self.lines[start:]
        if partial and self.partial and start <= len(self.lines):
            lines = lines + [(self.partial_time, self.partial)]
        for number, (when, line) in enumerate(lines, start):
            match = regex.search(line)
            if match:
                return number, when, match
        return None

    def wait(self, pattern, timeout, start=0, partial=False):
        """Like find(), but waits; None when it did not come in time."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                found = self.find(pattern, start, partial)
                left = deadline - time.monotonic()
                if found or left <= 0 or self.ended:
                    return found
                self.changed.wait(left)

    @property
    def text(self):
        with self.changed:
            return "\n".join(line for _, line in self.lines) + "\n" + self.partial

    def tail(self, count=15):
        return "\n".join(self.text.rstrip().splitlines()[-count:])

    def close(self):
        """After the machine has ended: what it wrote last is still read."""
        if self.thread.is_alive():
            self.thread.join(5)
        self.ours.close()
        self.log.close()
