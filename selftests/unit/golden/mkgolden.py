#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Golden images, described a second time.

Writes the images that the golden tests compare the library with. Everything
here was written from the specification by hand: offsets are numbers, the
checksum is the polynomial division of the textbook, the LZ4 block is put
together byte by byte. It reads no header of the project and uses no library
but Python's own (sums.py is plain Python, too), so that a mistake in those cannot be in here as well.

usage: mkgolden.py DIRECTORY
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))

from sums import data_sum  # noqa: E402

PAGE = 4096


def crc32c(data):
    """CRC-32C, bit by bit: reflected polynomial, inverted before and after."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def le16(value):
    return struct.pack("<H", value)


def le32(value):
    return struct.pack("<I", value)


def le64(value):
    return struct.pack("<Q", value)


def text(string, size):
    data = string.encode()
    assert len(data) < size
    return data + bytes(size - len(data))


def noise(size, seed):
    """Bytes that are the same in every run and look like nothing in particular."""
    out = bytearray()
    state = seed
    while len(out) < size:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append((state >> 16) & 0xFF)
    return bytes(out)


def place(image, offset, data):
    """Put data at offset of a bytearray, which grows as erased flash would."""
    if len(image) < offset + len(data):
        image.extend(b"\xff" * (offset + len(data) - len(image)))
    image[offset:offset + len(data)] = data


# ---- the snapshot ----

RANGES = [(0x40000000, 0x10000000), (0x80000000, 0x00400000)]
STUB_BASE, STUB_SIZE, HANDOFF_BASE = 0x40200000, 0x1FF000, 0x403FF000

# (page frame, pages, kind): kind 0 is in the stream, kind 1 is cleared
EXTENTS = [
    (0x40000, 3, 0),
    (0x40003, 5, 1),
    (0x401FF, 1, 0),        # ends where the loader's region starts
    (0x40400, 4, 0),        # starts where the hand-off page ends
    (0x4FFFF, 1, 1),        # last page of the first range
    (0x80000, 1, 0),        # first page of the second range
]


def raw_chunk():
    data = noise(2 * PAGE, 1)
    return data, 2, 0, data, 0


def lz4_block(size):
    """A pattern of that size, a multiple of 16, as one LZ4 block of two sequences.

    The first has 16 literals and a match of distance 16 that repeats them; the
    last has only literals, as the last sequence of a block must.
    """
    pattern = bytes(range(0x30, 0x40))
    tail = b"the end of a block is literals: "
    match = size - len(pattern) - len(tail)

    block = bytearray()
    # token: literal length 15 and more, match length 15 + 4 and more
    block.append(0xFF)
    block.append(len(pattern) - 15)
    block += pattern
    block += le16(len(pattern))
    rest = match - 4 - 15
    while rest >= 255:
        block.append(255)
        rest -= 255
    block.append(rest)
    # token: literal length 15 and more, no match
    block.append(0xF0)
    block.append(len(tail) - 15)
    block += tail

    plain = (pattern * (size // len(pattern)))[:len(pattern) + match] + tail
    assert len(plain) == size
    return plain, bytes(block)


def lz4_chunk():
    page, block = lz4_block(3 * PAGE)
    return page, 3, 1, block, 0


def fill_chunk():
    word = 0x0123456789ABCDEF
    return le64(word) * (4 * PAGE // 8), 4, 2, b"", word


def pageable_chunks():
    """Four pages that the loader leaves where they are, one chunk each."""
    noisy = noise(PAGE, 5)
    first, first_block = lz4_block(PAGE)
    word = 0xFEDCBA9876543210
    return [(first, 1, 1, first_block, 0),
            (noisy, 1, 0, noisy, 0),
            (le64(word) * (PAGE // 8), 1, 2, b"", word),
            (first, 1, 1, first_block, 0)]


def cpu_record():
    # arch, size, el, reserved, mair, tcr, ttbr1, entry, arg, mpidr, reserved
    return (le32(1) + le32(72) + le32(1) + le32(0) + le64(0x00000000F4040044FF)
            + le64(0x00000032B5503510) + le64(0x0000000041234000)
            + le64(0xFFFF800008010000) + le64(0xFFFF800009000000)
            + le64(0x80000000) + le64(0))


def chunk_table(chunks):
    """The table, what it leads to on flash, and the pages that this decodes to."""
    table = b""
    stored_bytes = b""
    plain = b""
    for page_bytes, pages, codec, stored, fill in chunks:
        plain += page_bytes
        table += (le32(pages) + le16(codec) + le16(0) + le64(len(stored_bytes))
                  + le32(len(stored)) + le32(data_sum(stored) if stored else 0) + le64(fill))
        stored_bytes += stored
    return table, stored_bytes, plain


def snapshot(pageable=None, identity=0):
    """The image and its stream; with chunks of a pageable part, one of format 1.1 with that;
    with the identity of an OS image, one of format 1.4 that is bound to it and on trial."""
    cpu = cpu_record()
    memmap = b"".join(le64(base) + le64(size) for base, size in RANGES)
    pagetable = b"".join(le64(pfn) + le32(pages) + le16(kind) + le16(0)
                         for pfn, pages, kind in EXTENTS)
    chunks, data, stream = chunk_table([raw_chunk(), lz4_chunk(), fill_chunk()])

    stream_pages = sum(pages for _, pages, kind in EXTENTS if kind == 0)
    zero_pages = sum(pages for _, pages, kind in EXTENTS if kind == 1)
    assert len(stream) == stream_pages * PAGE

    bodies = [(1, cpu), (2, memmap), (3, pagetable), (4, chunks), (5, data)]
    if pageable:
        table, stored, _ = chunk_table(pageable)
        bodies += [(6, table), (7, stored)]
    image = bytearray()
    sections = b""
    offset = 8192
    for number, body in bodies:
        place(image, offset, body)
        crc = 0 if number in (5, 7) else crc32c(body)
        sections += le32(number) + le32(crc) + le64(offset) + le64(len(body)) + le64(0)
        offset = (offset + len(body) + 63) & ~63
    image_size = len(image)

    header = (b"SNAPIMG\n"
              + le32(1024) + le16(1)                    # size, major
              + le16(5 if identity else 1 if pageable else 0)   # minor
              + le64(0) + le64(1 if pageable else 0)    # features
              + le64(7)                                 # sequence
              + le64(image_size)
              + le32(12) + le32(len(bodies))            # page shift, sections
              + le32(1) + le32(1)                       # arch, ABI
              + le64(stream_pages) + le64(zero_pages)
              + le64(1700000000)
              + le64(STUB_BASE) + le64(STUB_SIZE) + le64(HANDOFF_BASE)
              + text("6.1.0-golden", 80)
              + text("linux,dummy-virt", 128)
              + bytes(range(0xA0, 0xB4)) + le32(20)     # build id
              + bytes(range(0x10, 0x20))                # uuid
              + text("a golden snapshot", 32)
              + le32(4) + le32(0)                       # pages in a chunk, reserved
              + sections + bytes((8 - len(bodies)) * 32)
              + le64(len(pageable) if pageable else 0)
              + le64(identity)
              + le32(5 if identity else 0)              # tries
              + le32(12 if identity else 0)             # wear
              + bytes(340))
    assert len(header) == 1020
    header_crc = crc32c(header)
    place(image, 0, header + le32(header_crc))

    mark = b"SNAPDONE" + le64(7) + le32(header_crc) + le32(0) + le64(0)
    assert len(mark) == 32
    place(image, 4096, mark + le32(crc32c(mark)) + le32(0) + b"\xff" * 8)
    if identity:
        # One choice that was cut off, and one that counts.
        words = [le32(number) + le32(crc32c(le32(header_crc) + le32(number)))
                 for number in (8, 9)]
        place(image, 2048, words[0] + bytes(16) + words[1] * 2 + bytes(16))
        # Two tries, a word left out, a confirmation, a try, and one that was cut off.
        place(image, 6144, bytes(16) + b"\xff" * 8 + b"SNAPGOOD" + bytes(8)
              + b"\0\0\0\0\xff\xff\xff\xff")
    return bytes(image), stream


# ---- the OS image ----

def os_parts():
    """number, codec, decoded size, bytes on flash"""
    initrd, block = lz4_block(20000)
    command_line = b"console=ttyAMA0 root=/dev/vda ro"
    return [(1, 0, 10000, noise(10000, 2)),             # kernel
            (3, 1, len(initrd), block),                 # initial RAM disk, LZ4
            (2, 0, 3000, noise(3000, 4)),               # device tree
            (4, 0, len(command_line), command_line)]


def os_header(version, image_size, table):
    """All but its checksum."""
    header = (b"SNAPOS1\n"
              + le32(512) + le16(1) + le16(0)
              + le64(0) + le64(0)
              + le64(version)
              + le64(image_size)
              + le32(1) + le32(len(table) // 40)
              + text("6.1.0-golden", 80)
              + bytes(range(0xA0, 0xB4)) + le32(20)
              + table + bytes(8 * 40 - len(table))
              # made for 0x40200000, runs 0x40000000 above it, entered at 0x40
              + le64(0x40200000) + le64(0x40000000) + le64(0x40)
              + bytes(4))
    assert len(header) == 508
    return header


def os_entry(part, offset):
    number, codec, size, body = part
    return (le32(number) + le16(codec) + le16(0) + le64(offset) + le64(len(body))
            + le64(size) + le32(data_sum(body)) + le32(0))


def os_image():
    image = bytearray()
    table = b""
    offset = 4096
    for part in os_parts():
        place(image, offset, part[3])
        table += os_entry(part, offset)
        offset = (offset + len(part[3]) + 4095) & ~4095
    header = os_header(3, len(image), table)
    place(image, 0, header + le32(crc32c(header)))
    return bytes(image)


def os_identity():
    """Of the same header without what says where things lie: parts by number, no offsets."""
    header = os_header(0, 0, b"".join(os_entry(part, 0) for part in sorted(os_parts())))
    return crc32c(header) << 32 | data_sum(header)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: mkgolden.py DIRECTORY")
    image, stream = snapshot()
    pageable = pageable_chunks()
    with_pageable, _ = snapshot(pageable)
    identity = os_identity()
    bound, _ = snapshot(identity=identity)
    for name, data in (("golden.snap", image), ("golden.stream", stream),
                       ("golden-pageable.snap", with_pageable),
                       ("golden-pageable.pages", b"".join(chunk[0] for chunk in pageable)),
                       ("golden-bound.snap", bound),
                       ("golden.os", os_image()), ("golden.identity", le64(identity))):
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
