#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the seeds of corpus/os and corpus/snapshot, from the golden images.

The harnesses make the checksums right, so fields are changed without a thought
of them. What the seeds hold is what a fuzzer is slow to find by itself: another
codec, a place in memory, several slots, a mark of each kind.

usage: mkcorpus.py DIRECTORY
"""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit/golden"))
import mkgolden  # noqa: E402


def put(image, offset, form, value):
    image = bytearray(image)
    struct.pack_into(form, image, offset, value)
    return bytes(image)


def os_seeds():
    header = mkgolden.os_image()[:512]
    yield "golden", header
    anywhere = put(put(put(header, 480, "<Q", 2**64 - 1), 488, "<Q", 0), 496, "<Q", 0)
    yield "anywhere", anywhere
    yield "down", put(header, 488, "<Q", 2**64 - 0x40000000)
    yield "compressed-kernel", put(put(header, 164, "<H", 1), 184, "<Q", 1 << 20)
    yield "kernel-alone", put(put(anywhere[:200] + bytes(280) + anywhere[480:], 52, "<I", 1),
                              40, "<Q", 4096 + 10000)
    yield "unknown-part", put(put(header, 16, "<Q", 1), 160 + 3 * 40, "<I", 9)
    # one page below the last place that it fits to
    yield "top", put(put(header, 480, "<Q", 2**64 - 0x4000), 488, "<Q", 0)
    entries = b"".join(struct.pack("<IHHQQQII", 9 + i, 0, 0, 4096 * (i + 2), 1, 1, 0, 0)
                       for i in range(7))
    many = header[:200] + entries + anywhere[480:]
    many = put(put(many, 16, "<Q", 1), 164, "<H", 1)
    yield "eight-parts", put(put(put(many, 168 + 8, "<Q", 100), 52, "<I", 8), 40, "<Q", 8 * 4096 + 1)
    yield "too-many-parts", put(put(many, 168 + 8, "<Q", 100), 52, "<I", 9)


def small_snapshot(pageable=None):
    """Without stored pages but those of the LZ4 blocks."""
    def filled():
        return struct.pack("<Q", 5) * (2 * mkgolden.PAGE // 8), 2, 2, b"", 5

    whole = mkgolden.raw_chunk
    mkgolden.raw_chunk = filled
    image, _ = mkgolden.snapshot(pageable)
    mkgolden.raw_chunk = whole
    return image


def section(image, number):
    return struct.unpack_from("<QQ", image, 400 + 32 * (number - 1) + 8)


def snapshot_seeds():
    image = small_snapshot()
    slot = image + bytes(-len(image) % 4096)
    extents, _ = section(image, 3)
    chunks, _ = section(image, 4)
    yield "golden", mkgolden.snapshot()[0]
    yield "small", image
    yield "revoked", put(image, 4096 + 40, "<Q", 0)
    yield "uncommitted", image[:4096] + b"\xff" * 48 + image[4144:]
    yield "two", slot + put(put(image, 32, "<Q", 8), 4096 + 8, "<Q", 8)
    yield "header", image[:1024]
    # each of these is refused for a reason of its own
    yield "overlaps-loader", put(image, extents + 2 * 16, "<Q", 0x40200)
    yield "overlaps-handoff", put(image, extents + 3 * 16, "<Q", 0x403FF)
    yield "outside-memory", put(image, extents + 5 * 16, "<Q", 0x80400)
    yield "extents-meet", put(image, extents + 16, "<Q", 0x40002)
    yield "chunk-beyond-data", put(image, chunks + 32 + 16, "<I", 12 * 1024)
    yield "chunk-of-another-codec", put(image, chunks + 4, "<H", 1)
    yield "pages-do-not-add-up", put(image, 64, "<Q", 8)
    yield from pageable_seeds()


def pageable_seeds():
    """A pageable part, and what the format says of it, broken one rule at a time."""
    chunks = [chunk for chunk in mkgolden.pageable_chunks() if chunk[2] != 0]
    image = small_snapshot(chunks)
    table, size = section(image, 6)
    yield "pageable", image
    yield "pageable-in-two-slots", (image + bytes(-len(image) % 4096)
                                    + put(put(image, 32, "<Q", 8), 4096 + 8, "<Q", 8))
    yield "pageable-two-pages-in-one", put(image, table, "<I", 2)
    yield "pageable-beyond-data", put(image, table + 2 * 32 + 8, "<Q", 1 << 40)
    yield "pageable-of-another-codec", put(image, table + 32 + 4, "<H", 1)
    yield "pageable-count-is-wrong", put(image, 656, "<Q", 2**32 + len(chunks))
    yield "pageable-without-feature", put(image, 24, "<Q", 0)
    yield "pageable-no-table", put(put(image, 400 + 5 * 32 + 16, "<Q", 0), 656, "<Q", 0)
    yield "pageable-sections-meet", put(image, 400 + 6 * 32 + 8, "<Q", table + size - 64)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: mkcorpus.py DIRECTORY")
    for folder, seeds in (("os", os_seeds()), ("snapshot", snapshot_seeds())):
        os.makedirs(os.path.join(sys.argv[1], folder), exist_ok=True)
        for name, data in seeds:
            with open(os.path.join(sys.argv[1], folder, name + ".bin"), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
