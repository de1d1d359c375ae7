# SPDX-License-Identifier: GPL-2.0-only
"""The flash operations of a machine, as QEMU's trace of its flash chips tells them, and flash as
it is after any number of them.

Complete or useless: whoever records a trace replays all of it over the flash of before, and
compares that with the flash of after.
"""

import pathlib
import re

import flash

EVENTS = ("pflash_data_write", "pflash_data_write_block", "pflash_write_block_erase")
BANKS = {b"virt.flash0": 0, b"virt.flash1": flash.BANK}
WRITE = re.compile(rb"pflash_data_write(?:_block)? (\S+): data(?: block)? offset:0x([0-9a-f]+) size:(\d+) "
                   rb"value:0x([0-9a-f]+) counter:0x([0-9a-f]+)")
ERASE = re.compile(rb"pflash_write_block_erase (\S+): block erase offset:0x([0-9a-f]+) "
                   rb"bytes:0x([0-9a-f]+)")


class Operation:
    """
    offset: from the start of the flash
    size:   bytes
    data:   what is programmed; None: an erase
    word:   so many of them go to the chip at a time
    """

    def __init__(self, offset, size, data=None, word=4):
        self.offset, self.size, self.data, self.word = offset, size, data, word

    @property
    def end(self):
        return self.offset + self.size

    def part(self, start, end):
        """What the flash holds of it, from byte to byte, once these are done."""
        return self.data[start:end] if self.data else b"\xff" * (end - start)


class Recorder:
    """Of a machine that was made with its arguments; with recorder: does what is recorded."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "flash.trace"
        self.machine = None
        self.args = ["-D", str(self.path), "-d", "guest_errors"]

    def _set(self, enable):
        for name in EVENTS:
            self.machine.qmp("trace-event-set-state", name=name, enable=enable)

    def __enter__(self):
        self.start = self.path.stat().st_size if self.path.exists() else 0
        self._set(True)
        return self

    def __exit__(self, kind, value, trace):
        if self.machine.alive:
            self._set(False)

    def operations(self):
        """Those of the last record. The machine must have ended: it writes in its own time."""
        ops, data, last = [], None, None
        with open(self.path, "rb") as trace:
            trace.seek(self.start)
            for line in trace:
                if match := WRITE.search(line):
                    bank, offset, size, value, counter = match.groups()
                    offset, size = BANKS[bank] + int(offset, 16), int(size)
                    if data is None or offset != data.end:
                        data = Operation(offset, 0, bytearray(), size)
                        ops.append(data)
                    data.data += int(value, 16).to_bytes(size, "little")
                    data.size += size
                    # It counts down in a buffer, and is at the end of the numbers for a word.
                    if not 0 < int(counter, 16) < 1 << 32:
                        data = None
                elif match := ERASE.search(line):
                    bank, offset, size = match.groups()
                    ops.append(Operation(BANKS[bank] + int(offset, 16), int(size, 16)))
                    data = None
                elif b"pflash" in line:
                    last = line
        if last:
            raise ValueError(f"a line of the trace is not understood: {last!r}")
        return ops


class Replay:
    """Flash in memory, on which operations are done in their order, also in part."""

    def __init__(self, before, ops):
        self.bytes = bytearray(before)
        self.ops = ops
        self.done, self.part = 0, 0     # operations, and bytes of the next one

    def _write(self, op, end):
        data = op.part(self.part, end)
        at = op.offset + self.part
        self.bytes[at:at + len(data)] = data
        return at, data

    def advance(self, done, part=0):
        """Until so many operations are done, and so many bytes of the one behind them.
        Return: what has changed, (offset, bytes) after each other"""
        changes = []
        while self.done < done:
            op = self.ops[self.done]
            changes.append(self._write(op, op.size))
            self.done += 1
            self.part = 0
        if part > self.part:
            changes.append(self._write(self.ops[self.done], part))
            self.part = part
        return changes


def points(ops, count, special):
    """Where the power is cut: (operations done, bytes of the next one). All before and in the
    middle of erases, all words of operations in the ranges of `special`, and of the others so
    many, before and in the middle of them, that they are `count`, evenly spread."""
    chosen, others = {(len(ops), 0)}, []
    for number, op in enumerate(ops):
        if not op.data:
            chosen |= {(number, 0), (number, op.size // 4), (number, op.size // 2)}
        elif any(op.offset < end and start < op.end for start, end in special):
            chosen |= {(number, part) for part in range(0, op.size, op.word)}
        else:
            others += [(number, 0), (number, op.size // 2 // op.word * op.word)]
    more = min(max(count - len(chosen), 0), len(others))
    chosen |= {others[i * len(others) // more] for i in range(more)}
    return sorted(chosen)
