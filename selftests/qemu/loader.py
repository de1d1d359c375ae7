# SPDX-License-Identifier: GPL-2.0-only
"""The boot loader alone, powered on thousands of times in one QEMU process.

The flash is changed, and what the loader decides is seen, through QEMU's debugger: it stops the
machine where the loader enters a snapshot, an OS image, or nothing. Memory is a file that is
looked at. A reset starts the loader anew; the hand-off page, which would tell it of the life
before, is cleared, so that it is a power-on to it.
"""

import ctypes
import ctypes.util
import hashlib
import mmap
import os
import socket
import struct
import subprocess
import tempfile
import time

import flash as flash_module
import parts
from image import CHUNKS, DATA, PAGETABLE
from machine import QEMU, RAM, MachineError

HANDOFF = 0x403FF000
PAGE = 4096
# Busy hosts; a loader that is that slow hangs.
BOOT_S = 30
# A packet is at most 4096 characters, two for a byte.
PIECE = 2000
ENDS = {"arch_resume": "restored", "arch_kernel_start": "cold", "fail": "lost"}


def symbols(names):
    """Addresses of the loader's functions."""
    elf = parts.bootstub().with_suffix(".elf")
    table = subprocess.run([parts.CROSS + "nm", elf], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    found = {line.split()[2]: int(line.split()[0], 16) for line in table.splitlines()
             if line.split()[-1] in names and len(line.split()) == 3}
    if set(found) != set(names):
        raise MachineError(f"{elf} has no {set(names) - set(found)}")
    return found


class Debugger:
    """The few words of GDB's remote protocol that are needed."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.buffer = b""
        end = time.monotonic() + BOOT_S
        while True:
            try:
                self.sock.connect(path)
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def send(self, packet):
        self.sock.sendall(b"$%s#%02x" % (packet, sum(packet) & 0xFF))

    def receive(self, timeout=BOOT_S):
        self.sock.settimeout(timeout)
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start)
            if start >= 0 and 0 <= end <= len(self.buffer) - 3:
                packet = self.buffer[start + 1:end]
                self.buffer = self.buffer[end + 3:]
                self.sock.sendall(b"+")
                return packet
            part = self.sock.recv(65536)
            if not part:
                raise MachineError("QEMU has ended")
            self.buffer += part

    def ask(self, packet):
        self.send(packet)
        return self.receive()

    def must(self, packet):
        answer = self.ask(packet)
        if answer != b"OK":
            raise MachineError(f"the debugger answers {answer!r} to {packet[:40]!r}")

    def monitor(self, command):
        self.send(b"qRcmd," + command.encode().hex().encode())
        said = b""
        while (answer := self.receive()) != b"OK":
            if not answer.startswith(b"O"):
                raise MachineError(f"the debugger answers {answer!r} to {command}")
            said += bytes.fromhex(answer[1:].decode())
        return said.decode()

    def write(self, address, data):
        for at in range(0, len(data), PIECE):
            piece = data[at:at + PIECE]
            self.must(b"M%x,%x:%s" % (address + at, len(piece), piece.hex().encode()))

    def go(self, timeout):
        """Until it stops. Return: where, None when it does not"""
        self.send(b"c")
        try:
            self.receive(timeout)
        except TimeoutError:
            return None
        # x0 to x30 and sp are before it.
        return struct.unpack_from("<Q", bytes.fromhex(self.ask(b"g").decode()), 32 * 8)[0]


class Outcome:
    """What the loader has decided, and what it tells Linux."""

    def __init__(self, end, page):
        self.end = end
        self.reason, self.detail, self.slot, self.sequence = struct.unpack_from("<IQQQ", page, 20)

    def __str__(self):
        return (f"{self.end}, snapshot {self.sequence} in the slot at {self.slot:#x}, "
                f"reason {self.reason}, detail {self.detail}")


class Loader:
    """flash: directory with the flash of the start, which stays as it is; mem: MiB"""

    def __init__(self, folder, flash, mem):
        self.folder, self.flash, self.mem = folder, flash, mem
        self.process = None

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.place = tempfile.TemporaryDirectory(prefix="snapcap-")
        self.memory_file = tempfile.NamedTemporaryFile(
            prefix="snapcap-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.memory_file.truncate(self.mem << 20)
        args = ["setpriv", "--pdeathsig", "KILL", QEMU, "-nodefaults", "-no-user-config",
                "-display", "none", "-machine", "virt,gic-version=2,memory-backend=memory",
                "-cpu", "cortex-a72", "-accel", "tcg", "-m", str(self.mem),
                "-object", f"memory-backend-file,id=memory,size={self.mem}M,share=on,"
                           f"mem-path={self.memory_file.name}",
                "-serial", f"file:{self.folder}/console.log",
                "-gdb", f"unix:{self.place.name}/gdb,server=on,wait=off", "-S"]
        for unit in (0, 1):
            args += ["-drive", f"if=pflash,format=raw,unit={unit},snapshot=on,"
                               f"file={self.flash}/bank{unit}.img"]
        with open(self.folder / "qemu.err", "wb") as errors:
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors)
        self.debugger = Debugger(f"{self.place.name}/gdb")
        self.debugger.ask(b"?")
        self.stops = {}
        for name, address in symbols(ENDS).items():
            self.stops[address] = ENDS[name]
            self.debugger.must(b"Z1,%x,4" % address)
        self.memory = mmap.mmap(self.memory_file.fileno(), self.mem << 20)
        return self

    def __exit__(self, kind, value, trace):
        self.process.kill()
        self.process.wait()
        self.memory.close()
        self.memory_file.close()
        self.place.cleanup()

    def change(self, changes):
        """Flash: (offset, bytes) after each other; those that touch go together. With the
        machine as after a reset, when addresses are those of the bus: the debugger's writes
        reach the chips' contents, as long as they are not of its mode of physical addresses."""
        self.debugger.monitor("system_reset")
        start, data = 0, bytearray()
        for offset, piece in changes:
            if offset != start + len(data):
                self.debugger.write(start, data)
                start, data = offset, bytearray()
            data += piece
        self.debugger.write(start, data)

    def boot(self, changes, clear=False):
        """Power on, with these changes of the flash; clear: memory that is not written by the
        loader is seen. Return: Outcome"""
        self.change(changes)
        self.memory[HANDOFF - RAM:HANDOFF - RAM + PAGE] = bytes(PAGE)
        if clear:
            # The device tree is laid out at the start of it by the reset.
            start = HANDOFF - RAM + PAGE
            self.memory[start:] = b"\xa5" * ((self.mem << 20) - start)
        address = self.debugger.go(BOOT_S)
        page = self.memory[HANDOFF - RAM:HANDOFF - RAM + PAGE]
        return Outcome(self.stops.get(address, "hung"), page)

    def saved_flash(self):
        """What the chips hold."""
        path = f"{self.place.name}/flash"
        said = self.debugger.monitor(f"pmemsave 0 {flash_module.SIZE:#x} \"{path}\"")
        if not os.path.exists(path):
            raise MachineError(f"QEMU does not save the flash: {said}")
        with open(path, "rb") as saved:
            data = saved.read()
        os.unlink(path)
        return data

    def has_restored(self, memory):
        """Does the machine's memory hold what memory_of() told?"""
        return all(hashlib.blake2b(self.memory[at - RAM:at - RAM + size]).digest() == digest
                   for at, size, digest in memory)


def memory_of(image):
    """What a snapshot puts where, decoded by other means than the loader's: (address, size,
    digest) of each extent."""
    lz4 = ctypes.CDLL(ctypes.util.find_library("lz4"))
    start, size = image.section(CHUNKS)
    table = image.flash.read(start, size)
    start, size = image.section(DATA)
    data = image.flash.read(start, size)
    stream = bytearray()
    for pages, codec, _, offset, stored, _, fill in struct.iter_unpack("<IHHQIIQ", table):
        piece = data[offset:offset + stored]
        if codec == 1:
            out = ctypes.create_string_buffer(pages * PAGE)
            if lz4.LZ4_decompress_safe(piece, out, stored, len(out)) != len(out):
                raise ValueError("a chunk does not decode")
            piece = out.raw
        elif codec == 2:
            piece = struct.pack("<Q", fill) * (pages * PAGE // 8)
        stream += piece
    start, size = image.section(PAGETABLE)
    extents, at = [], 0
    for pfn, pages, kind, _ in struct.iter_unpack("<QIHH", image.flash.read(start, size)):
        content = bytes(pages * PAGE) if kind else bytes(stream[at:at + pages * PAGE])
        at += 0 if kind else pages * PAGE
        extents.append((pfn * PAGE, pages * PAGE, hashlib.blake2b(content).digest()))
    return extents
