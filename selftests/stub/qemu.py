# SPDX-License-Identifier: GPL-2.0-only
"""Runs the boot loader from a flash that a test has laid out."""
import os
import re
import select
import socket
import struct
import subprocess
import time

BANK = 64 << 20
OS, SNAPSHOT = 0x100000, 0x3000000
SNAPSHOT_SIZE = 0x5000000
SECONDS = 20


class Flash:
    """Two banks, erased but for the loader and what one test puts there."""

    def __init__(self, folder, stub):
        self.paths = [os.path.join(folder, f"bank{i}") for i in (0, 1)]
        for path in self.paths:
            with open(path, "wb") as f:
                for _ in range(BANK >> 20):
                    f.write(b"\xff" * (1 << 20))
        self.dirty = []
        self.stub = stub
        self.banks = 1          # a machine is given the second one only when it holds something
        self._write(0, stub)

    def _write(self, offset, data):
        while data:
            bank, at = divmod(offset, BANK)
            n = min(len(data), BANK - at)
            self.banks = max(self.banks, bank + 1)
            with open(self.paths[bank], "r+b") as f:
                f.seek(at)
                f.write(data[:n])
            offset, data = offset + n, data[n:]

    def put(self, offset, data):
        self._write(offset, data)
        self.dirty.append((offset, len(data)))

    def erase(self):
        for offset, size in self.dirty:
            self._write(offset, b"\xff" * size)
        if any(offset < len(self.stub) for offset, _ in self.dirty):
            self._write(0, self.stub)
        self.dirty = []
        self.banks = 1


class Disk:
    """A disk, empty but for what one test puts there; its file is as long as it says."""

    def __init__(self, folder, size=256 << 20, serial="snapcap"):
        self.path = os.path.join(folder, f"disk-{serial}")
        self.size = size
        self.serial = serial
        self.config = None
        with open(self.path, "wb") as f:
            f.truncate(size)

    def put(self, offset, data):
        with open(self.path, "r+b") as f:
            f.seek(offset)
            f.write(data)

    def fail_reads(self, offset=None, size=1):
        """Reads end in an error: those that touch a place, or all."""
        sectors = [None] if offset is None else range(offset // 512, (offset + size - 1) // 512 + 1)
        self.config = self.path + ".blkdebug"
        with open(self.config, "w", encoding="ascii") as f:
            for sector in sectors:
                f.write('[inject-error]\nevent = "read_aio"\niotype = "read"\n')
                if sector is not None:
                    f.write(f'sector = "{sector}"\n')

    def args(self, number):
        file = f"file={self.path}"
        if self.config:
            file = (f"file.driver=blkdebug,file.config={self.config},"
                    f"file.image.driver=file,file.image.filename={self.path}")
        return ["-drive", f"if=none,id=disk{number},driver=raw,{file}",
                "-device", f"virtio-blk-device,drive=disk{number},serial={self.serial}"]


HANDOFF_FIELDS = ("magic abi size boot reason detail slot_offset sequence attempt timestamp_count "
                  "counter_hz stub_base stub_size stub_version machine range_count seed_size")


class Result:
    """The console of one run, and what the payload told on it."""

    def __init__(self, console, ended):
        self.console = console
        self.ended = ended      # the machine turned itself off
        self.facts = {}
        for name, value in re.findall(r"^payload: (\S+) ?(\S*)$", console, re.M):
            self.facts.setdefault(name, []).append(value)

    def number(self, name):
        return int(self.facts[name][-1], 16)

    def handoff(self):
        raw = bytes.fromhex(self.facts["handoff"][-1])
        values = struct.unpack_from("<8sIIIIQQQIIQQQ32s128sII", raw)
        h = dict(zip(HANDOFF_FIELDS.split(), values))
        at = struct.calcsize("<8sIIIIQQQIIQQQ32s128sII")
        h["range"] = [struct.unpack_from("<QQ", raw, at + 16 * i) for i in range(h["range_count"])]
        at += 16 * 16
        h["seed"] = raw[at:at + 32]
        at += 32
        h["time"] = [struct.unpack_from("<IIQ", raw, at + 16 * i)
                     for i in range(h["timestamp_count"])]
        at += 32 * 16
        h["bytes_stored"], h["bytes_restored"] = struct.unpack_from("<QQ", raw, at)
        h["os_identity"], = struct.unpack("<Q", bytes.fromhex(self.facts["os-identity"][-1]))
        h["medium"] = bytes.fromhex(self.facts["medium"][-1]).rstrip(b"\0").decode()
        return h


def converse(p, seconds, keys):
    """Reads what the machine prints until it ends, and types: (pattern, text) after each other."""
    out, keys, end = b"", list(keys), time.monotonic() + seconds
    seen = 0
    while (left := end - time.monotonic()) > 0:
        if not select.select([p.stdout], [], [], left)[0]:
            break
        data = os.read(p.stdout.fileno(), 65536)
        if not data:
            p.wait()
            return out, True
        out += data
        while keys and (found := re.search(keys[0][0].encode(), out[seen:])):
            seen += found.end()
            p.stdin.write(keys.pop(0)[1].encode())
            p.stdin.flush()
    p.kill()
    p.wait()
    return out, False


class Debugger:
    """What a test needs of QEMU's remote protocol: stop somewhere, write memory, go on."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        end = time.monotonic() + SECONDS
        while True:
            try:
                self.sock.connect(path)
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def ask(self, packet):
        self.sock.sendall(f"${packet}#{sum(packet.encode()) & 0xff:02x}".encode())
        answer = b""
        while not re.search(rb"\$.*#..", answer):
            part = self.sock.recv(4096)
            if not part:
                raise ConnectionError("QEMU has ended")
            answer += part
        self.sock.sendall(b"+")
        return re.search(rb"\$(.*)#..", answer)[1].decode()

    def run_to(self, address):
        self.ask(f"Z1,{address:x},4")
        stop = self.ask("c")
        self.ask(f"z1,{address:x},4")
        return stop.startswith("T05")

    def write(self, address, data):
        return self.ask(f"M{address:x},{len(data):x}:{data.hex()}") == "OK"

    def leave(self):
        self.ask("D")
        self.sock.close()


def run(flash, machine="virt,gic-version=2", memory="512", cpus=1, load=(), once=True,
        disks=(), modern=False, extra=(), cpu="cortex-a72", kernel=None, debug=None,
        keys=(("press a key", "o"),), seconds=SECONDS):
    """load: (address, file) put in memory at reset; modern: the layout of virtio registers;
    kernel: QEMU starts that file, with the flash's first bank as memory that is laid out at
    reset; debug: called with a Debugger before the first instruction; keys: see converse(),
    in the menu the machine is turned off if nobody says otherwise."""
    args = ["qemu-system-aarch64", "-machine", machine, "-cpu", cpu, "-smp", str(cpus),
            "-m", memory, "-nic", "none", "-display", "none", "-monitor", "none",
            "-serial", "stdio"]
    if once:
        args.append("-no-reboot")
    if kernel:
        args += ["-kernel", kernel]
        load = [*load, (0, flash.paths[0])]
    for i, path in enumerate(flash.paths[:0 if kernel else flash.banks]):
        args += ["-drive", f"if=pflash,format=raw,unit={i},file={path}"]
    if modern:
        args += ["-global", "virtio-mmio.force-legacy=off"]
    for i, disk in enumerate(disks):
        args += disk.args(i)
    args += extra
    for address, path in load:
        args += ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]
    debug_socket = flash.paths[0] + ".debug"
    if debug:
        args += ["-S", "-gdb", f"unix:{debug_socket},server=on,wait=off"]
    with subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as p:
        try:
            if debug:
                debugger = Debugger(debug_socket)
                debug(debugger)
                debugger.leave()
            out, ended = converse(p, seconds, keys)
        finally:
            p.kill()
    return Result(out.decode(errors="replace").replace("\r", ""), ended)
