# SPDX-License-Identifier: GPL-2.0-only
"""OS images and snapshots, byte by byte, for the tests of the boot loader.

Written from Documentation/image-format.rst and not from the C structures, so
that a mistake in those does not hide here too. Only what tests need.
"""
import ctypes
import ctypes.util
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from sums import crc32c, data_sum  # noqa: E402

PAGE = 4096
RAW, LZ4, FILL = 0, 1, 2
DATA, ZERO = 0, 1

RELEASE = "6.1.0-stubtest"
BUILD_ID = bytes(range(20))
MACHINE = "linux,dummy-virt"


def lz4_block(data):
    lib = ctypes.CDLL(ctypes.util.find_library("lz4"))
    out = ctypes.create_string_buffer(lib.LZ4_compressBound(len(data)))
    n = lib.LZ4_compress_default(bytes(data), out, len(data), len(out))
    if n <= 0:
        raise RuntimeError("LZ4 compression failed")
    return out.raw[:n]


def align(n, to):
    return -n % to + n


def pad(data, size):
    if len(data) > size:
        raise ValueError("does not fit")
    return bytes(data) + bytes(size - len(data))


def with_crc(body):
    """Append the checksum that closes a header."""
    return body + struct.pack("<I", crc32c(body))


KERNEL, DTB, INITRD, CMDLINE = 1, 2, 3, 4
LOAD_ANY = (1 << 64) - 1


def os_image(parts, version=1, release=RELEASE, build_id=BUILD_ID, arch=1, checksum=data_sum):
    """parts: list of (type, bytes) in the order they are stored."""
    offset, entries, body = PAGE, b"", b""
    for kind, data in parts:
        entries += struct.pack("<IHHQQQII", kind, RAW, 0, offset, len(data), len(data),
                               checksum(data), 0)
        body += pad(data, align(len(data), PAGE))
        end = offset + len(data)
        offset += align(len(data), PAGE)
    header = (b"SNAPOS1\n" + struct.pack("<IHHQQQQII", 0, 1, 0, 0, 0, version, end, arch,
                                         len(parts)) +
              pad(release.encode(), 80) + pad(build_id, 20) + struct.pack("<I", len(build_id)) +
              pad(entries, 8 * 40) + struct.pack("<QQQI", LOAD_ANY, 0, 0, 0))
    header = bytearray(header)
    struct.pack_into("<I", header, 8, len(header) + 4)
    return pad(with_crc(bytes(header)), PAGE) + body


def identity(image):
    """Of an OS image: its header without what says where things lie and which number it has."""
    header = bytearray(image[:508])
    count, = struct.unpack_from("<I", header, 52)
    entries = sorted(bytes(header[160 + 40 * i:200 + 40 * i]) for i in range(count))
    entries = [entry[:8] + bytes(8) + entry[16:] for entry in entries]
    header[14:24] = bytes(10)       # minor version, compat features
    header[32:48] = bytes(16)       # version, image size
    header[160:480] = pad(b"".join(entries), 320)
    return crc32c(header) << 32 | data_sum(bytes(header))


def is_fill(content):
    return content == content[:8] * (len(content) // 8)


class Snapshot:
    """A snapshot of which every field can be bent before it is built."""

    def __init__(self, sequence=7, ram=((0x40000000, 512 << 20),)):
        self.sequence = sequence
        self.ram = ram
        self.version = 1
        self.incompat = 0
        self.release = RELEASE
        self.build_id = BUILD_ID
        self.os_identity = 0
        self.tries = 0
        self.log = b""           # what was noted of its trial
        self.machine = MACHINE
        self.arch = 1
        self.page_shift = 12
        self.stub_abi = 1
        self.stub = (0x40200000, 0x1FF000)
        self.handoff = 0x403FF000
        self.cpu = {}
        self.pages = {}         # page frame number -> content, None: a zero page
        self.cut = [256]        # pages of the chunks, over and over
        self.raw_every = 3      # every so many chunks are stored as they are
        self.committed = True
        self.revoked = False
        self.extents = None     # (pfn, pages, kind) instead of those of the pages
        self.pageable = []      # contents of pages that are left on flash
        self.patch = {}         # section number -> function that bends its bytes, good checksum
        self.damage = {}        # section number -> function that bends its bytes, bad checksum
        self.stored = 0         # results of build(): bytes of DATA, and
        self.places = {}        # section number -> offset and size in the image

    def put(self, pa, content):
        """Whole pages of content at a physical address."""
        for i in range(0, len(content), PAGE):
            self.pages[pa // PAGE + i // PAGE] = bytes(content[i:i + PAGE])

    def zero(self, pa, pages):
        for i in range(pages):
            self.pages[pa // PAGE + i] = None

    def cpu_record(self):
        c = {"arch": 1, "size": 0x48, "el": 1, "boot_el": 0, "mair": 0xFF, "tcr": 0, "ttbr1": 0, "entry": 0,
             "arg": 0, "mpidr": 0x80000000}
        c.update(self.cpu)
        return struct.pack("<IIIIQQQQQQQ", c["arch"], c["size"], c["el"], c["boot_el"], c["mair"], c["tcr"],
                           c["ttbr1"], c["entry"], c["arg"], c["mpidr"], 0)

    def page_table(self):
        """Runs of pages of one kind that follow each other."""
        runs = []
        for pfn in sorted(self.pages):
            kind = ZERO if self.pages[pfn] is None else DATA
            if runs and runs[-1][0] + runs[-1][1] == pfn and runs[-1][2] == kind:
                runs[-1][1] += 1
            else:
                runs.append([pfn, 1, kind])
        return runs

    def chunks(self):
        """The stream in pieces: (pages, codec, fill word, stored bytes)."""
        stream = [self.pages[pfn] for pfn in sorted(self.pages) if self.pages[pfn] is not None]
        at, n = 0, 0
        while at < len(stream):
            piece = stream[at:at + self.cut[n % len(self.cut)]]
            content = b"".join(piece)
            if is_fill(content):
                yield len(piece), FILL, struct.unpack("<Q", content[:8])[0], b""
            elif self.raw_every and n % self.raw_every == 0:
                yield len(piece), RAW, 0, content
            else:
                yield len(piece), LZ4, 0, lz4_block(content)
            at += len(piece)
            n += 1

    def pageable_chunks(self):
        for content in self.pageable:
            if is_fill(content):
                yield 1, FILL, struct.unpack("<Q", content[:8])[0], b""
            else:
                block = lz4_block(content)
                yield (1, LZ4, 0, block) if len(block) < PAGE else (1, RAW, 0, content)

    @staticmethod
    def chunk_table(chunks):
        table, data = b"", b""
        for pages, codec, fill, stored in chunks:
            table += struct.pack("<IHHQIIQ", pages, codec, 0, len(data), len(stored),
                                 data_sum(stored) if stored else 0, fill)
            data += stored
        return table, data

    def sections(self):
        chunks, data = self.chunk_table(self.chunks())
        self.stored = len(data)
        table = b"".join(struct.pack("<QIHH", *run, 0) for run in self.extents or self.page_table())
        memmap = b"".join(struct.pack("<QQ", *r) for r in self.ram)
        part = self.chunk_table(self.pageable_chunks()) if self.pageable else ()
        return (self.cpu_record(), memmap, table, chunks, data, *part)

    def build(self):
        offset, entries, body = 8192, b"", b""
        sections = self.sections()
        for kind, content in enumerate(sections, 1):
            content = bytearray(content)
            self.patch.get(kind, lambda b: None)(content)
            entries += struct.pack("<IIQQQ", kind, 0 if kind in (5, 7) else crc32c(content), offset,
                                   len(content), 0)
            self.damage.get(kind, lambda b: None)(content)
            self.places[kind] = offset, len(content)
            end = offset + len(content)
            body += pad(content, align(len(content), 64))
            offset += align(len(content), 64)
        runs = self.extents or self.page_table()
        header = bytearray(
            b"SNAPIMG\n" + struct.pack("<IHHQQQQIIIIQQQQQQ", 0, self.version, 0, 0,
                                       self.incompat | (1 if self.pageable else 0),
                                       self.sequence, end, self.page_shift, len(sections),
                                       self.arch, self.stub_abi,
                                       sum(r[1] for r in runs if r[2] == DATA),
                                       sum(r[1] for r in runs if r[2] == ZERO), 0,
                                       *self.stub, self.handoff) +
            pad(self.release.encode(), 80) + pad(self.machine.encode(), 128) +
            pad(self.build_id, 20) + struct.pack("<I", len(self.build_id)) +
            bytes(range(1, 17)) + bytes(32) + struct.pack("<II", 256, 0) +
            pad(entries, 8 * 32) + struct.pack("<QQ", len(self.pageable), self.os_identity) +
            struct.pack("<I", self.tries) + bytes(344))
        struct.pack_into("<I", header, 8, len(header) + 4)
        self.patch.get(0, lambda b: None)(header)
        header = bytearray(with_crc(bytes(header)))
        commit = bytearray(with_crc(b"SNAPDONE" + bytes(header[32:40]) + bytes(header[-4:]) +
                                    bytes(12)) +
                           bytes(4) + (bytes(8) if self.revoked else b"\xff" * 8))
        self.damage.get(0, lambda b: None)(header)
        self.damage.get("commit", lambda b: None)(commit)
        if not self.committed:
            commit = b""
        commit = bytes(commit).ljust(2048, b"\xff") + self.log.ljust(2048, b"\xff")
        return (pad(header, 4096) + commit + body)[:end]
