#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the seeds of corpus/os, snapshot, store, chunk, handoff and conf, the first two from the
golden images.

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
    yield "cut", header[:100]
    yield "cut-early", header[:20]
    yield "magic-cut", header[:5]
    for name, change in {
            "no-magic": (0, "<B", 0), "format": (12, "<H", 2), "header-size": (8, "<I", 100),
            "feature": (24, "<Q", 1), "reserved": (504, "<B", 1), "part-reserved": (166, "<H", 1),
            "part-unused": (160 + 7 * 40, "<I", 9), "part-empty": (184, "<Q", 0),
            "part-codec": (164, "<H", 2), "place-odd": (480, "<Q", 4095),
            "place-wraps": (480, "<Q", 2**64 - 4096), "place-below-zero": (488, "<Q", 2**63),
            "no-arch": (48, "<I", 0), "part-unknown": (160, "<I", 9), "part-twice": (200, "<I", 1),
            "part-offset": (168, "<Q", 1), "no-kernel": (160, "<I", 0), "end": (40, "<Q", 1 << 20),
    }.items():
        yield name, put(header, *change)
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


# Offset, form, value: each alone makes the header another one, most of them a bad one.
SECTION = 400
HEADERS = {
    "version": (12, "<H", 2), "header-size": (8, "<I", 1000), "feature": (24, "<Q", 1 << 40),
    "reserved": (700, "<B", 1), "section-reserved": (SECTION + 24, "<Q", 1),
    "section-unused": (SECTION + 7 * 32, "<I", 8), "sequence": (32, "<Q", 0),
    "image-size": (40, "<Q", 100), "section-count": (52, "<I", 9), "sections-missing": (52, "<I", 4),
    "page-shift": (48, "<I", 11), "chunk-pages": (392, "<I", 0), "no-pages": (64, "<Q", 0),
    "pageable-pages": (656, "<Q", 1), "section-type": (SECTION, "<I", 2),
    "data-crc": (SECTION + 4 * 32 + 4, "<I", 1), "section-offset": (SECTION + 8, "<Q", 8193),
    "section-size": (SECTION + 32 + 16, "<Q", 31), "loader-wraps": (88, "<Q", 2**64 - 4096),
    "machine": (192, "<B", 0), "build-id": (340, "<I", 21), "end": (SECTION + 4 * 32 + 16, "<Q", 1),
}


def header_seeds(image):
    header = image[:1024]
    yield "header", header
    yield "header-cut", header[:100]
    yield "header-cut-early", header[:20]
    yield "magic", header[:8]
    yield "magic-cut", header[:5]
    for name, change in HEADERS.items():
        yield "header-" + name, put(header, *change)
    # a section that belongs to a feature that may be ignored
    unknown = put(put(header, 16, "<Q", 1 << 8), 52, "<I", 6)
    yield "header-unknown-section", put(put(unknown, SECTION + 5 * 32, "<I", 9),
                                        SECTION + 5 * 32 + 8, "<Q", 1 << 20)


def table_seeds(image):
    """What is wrong in a table whose checksum is right."""
    cpu, _ = section(image, 1)
    memmap, size = section(image, 2)
    extents, _ = section(image, 3)
    chunks, _ = section(image, 4)
    for name, change in {
            "cpu-arch": (cpu, "<I", 2), "cpu-size": (cpu + 4, "<I", 64), "cpu-el": (cpu + 8, "<I", 3),
            "cpu-mair": (cpu + 16, "<Q", 0), "cpu-tcr": (cpu + 24, "<Q", 0),
            "cpu-entry": (cpu + 40, "<Q", 1), "cpu-section-size": (SECTION + 16, "<Q", 71),
            "other-arch": (56, "<I", 2),
            "memmap-empty": (SECTION + 32 + 16, "<Q", 0), "memmap-odd": (memmap, "<Q", 1),
            "memmap-unsorted": (memmap + 16, "<Q", 0x40000000),
            "extent-wraps": (extents, "<Q", 2**63), "chunk-reserved": (chunks + 6, "<H", 1),
            "chunk-codec": (chunks + 4, "<H", 3), "mark-of-another": (4096 + 8, "<Q", 8),
            "bound-to-image": (664, "<Q", 0x1122334455667788), "other-machine": (192, "<B", 0x4c),
    }.items():
        yield name, put(image, *change)


def small_snapshot(pageable=None):
    """Without stored pages but those of the LZ4 blocks."""
    def filled():
        return struct.pack("<Q", 5) * (2 * mkgolden.PAGE // 8), 2, 2, b"", 5

    whole = mkgolden.raw_chunk
    mkgolden.raw_chunk = filled
    image, _ = mkgolden.snapshot(pageable)
    mkgolden.raw_chunk = whole
    return image


def many_chunks():
    """Each page of the stream a chunk that is read by itself."""
    page, block = mkgolden.lz4_block(mkgolden.PAGE)
    whole = mkgolden.chunk_table
    mkgolden.chunk_table = lambda _: whole([(page, 1, 1, block, 0)] * 9)
    image, _ = mkgolden.snapshot()
    mkgolden.chunk_table = whole
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
    yield "many-chunks", many_chunks()
    yield "revoked", put(image, 4096 + 40, "<Q", 0)
    yield "uncommitted", image[:4096] + b"\xff" * 48 + image[4144:]
    second = put(put(image, 32, "<Q", 8), 4096 + 8, "<Q", 8)
    yield "two", slot + second
    # the last bytes say which one is bad: a byte of a mark, and of a magic
    yield "mark-fades", image + struct.pack("<H", 4096 + 8)
    yield "newest-mark-fades", slot + second + struct.pack("<H", len(slot) + 4096 + 8)
    yield "magic-beside-revoked", (put(slot, 4096 + 40, "<Q", 0) + second
                                   + struct.pack("<H", len(slot)))
    yield from header_seeds(image)
    yield from table_seeds(image)
    # read as they are, before the sums are made right
    yield "damaged-chunk", image[:-1] + bytes([image[-1] ^ 1])
    yield "damaged-table", put(image, extents + 8, "<I", 2)
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


def store_seeds():
    """Flash, and what is asked of it: blocks, writes, what fails, target, slot; a bad byte."""
    def seed(flash, blocks=0, writes=0, fails=0, target=0, size=0, slot=3, keep=False,
             drop=False, fades=65535):
        return flash + struct.pack("<BBBBBBH", blocks, writes, fails, target, size,
                                   slot + 4 * keep + 8 * drop, fades)

    def at(offset, sequence):
        return (offset, put(put(image, 32, "<Q", sequence), 4096 + 8, "<Q", sequence))

    def flash(*snapshots):
        data = b""
        for offset, snapshot in snapshots:
            data = data.ljust(offset, b"\xff") + snapshot
        return data

    image = small_snapshot()
    older, newer = at(0, 7), at(32768, 8)
    large = put(put(image, 40, "<Q", 0xc000), 400 + 4 * 32 + 16, "<Q", 0xc000 - section(image, 5)[0])
    yield "first", seed(b"")
    yield "first-of-pages", seed(b"", blocks=2, writes=12)
    yield "other-half", seed(flash(newer), slot=0, keep=True)
    yield "beside-newest", seed(flash(at(0, 9), newer), keep=True, drop=True)
    yield "over-newest", seed(flash(older, newer), slot=1)
    yield "keep-refused", seed(flash(older, newer), slot=1, keep=True)
    yield "whole", seed(flash(older, newer), slot=2)
    yield "reached-into", seed(flash((0, large)), slot=1)
    yield "one-inside-another", seed(flash((0, large), (16384, newer[1])), target=15)
    yield "reached-by-uncommitted", seed(flash((0, put(large, 4096, "<Q", 2**64 - 1))), slot=1)
    yield "far-ahead", seed(flash(older, (32768, put(at(32768, 1 << 40)[1], 4096, "<Q", 0))))
    yield "target-too-small", seed(b"", target=2, size=2)
    yield "target-whole", seed(b"", target=4, size=8, slot=3)
    yield "target-outside", seed(b"", target=15)
    for number in (1, 3, 5, 6, 8):
        yield f"fails-{number}", seed(flash(older, newer), slot=1, fails=number)
    for number in (4, 7, 8, 9):
        yield f"first-fails-{number}", seed(b"", fails=number)
    yield "header-fades", seed(b"", fades=40)
    yield "body-fades", seed(b"", fades=8192 + 100)
    yield "mark-fades", seed(b"", fades=4096 + 8)
    yield "newest-fades", seed(flash(older, newer), fades=8192 + 8)
    yield "revoked-word-fades", seed(flash(older), slot=0, drop=True, fades=4096 + 40)


def nand_seeds():
    """What fails, what is sealed, bad blocks, three deeds; changes: lost, erased, other bytes."""
    take, a_try, confirm, drop, nothing = range(5)

    def seed(*changes, fails=0, sealed=0, bad=0, deeds=()):
        deeds = (list(deeds) + [(nothing, 0)] * 4)[:4]
        control = struct.pack("<BB", fails, sealed) + (bad & 0xFFFFFF).to_bytes(3, "little")
        control += b"".join(bytes(deed) for deed in deeds)
        return control[:12].ljust(12, b"\4") + b"".join(changes)

    def at(offset, kind=0, byte=0):
        return bytes([offset & 255, offset >> 8 & 255, offset >> 16 & 7 | kind, byte])

    def lost(block, page):
        return at(block * 8192 + page * 512, 0x80)

    def erased(block, page):
        return at(block * 8192 + page * 512, 0x40)

    # the first snapshot begins in block 0, and block 2 is bad; pages: header, mark, log from 3 on,
    # revocations from 14 on
    yield "takes", seed(deeds=[(take, 3), (take, 7), (take, 2)])
    yield "log", seed(deeds=[(a_try, 0), (confirm, 0), (a_try, 0)])
    yield "drop", seed(deeds=[(drop, 0), (drop, 0), (take, 0)])
    for fails in (1, 3, 5, 9, 12, 14, 16, 17, 18):
        yield f"fails-{fails}", seed(fails=fails, deeds=[(take, 0), (a_try, 0), (drop, 0)])
    yield "log-fails", seed(fails=1, deeds=[(a_try, 0), (confirm, 0)])
    yield "drop-fails", seed(fails=1, deeds=[(drop, 0)])
    yield "header-lost", seed(lost(0, 0), lost(9, 1), deeds=[(a_try, 0), (take, 3)])
    yield "both-headers-lost", seed(lost(0, 0), lost(1, 0), deeds=[(take, 3)])
    yield "headers-damaged", seed(at(40, byte=9), at(8192 + 40, byte=9), deeds=[(drop, 0)])
    yield "header-damaged", seed(at(40, byte=9), deeds=[(drop, 0)])
    yield "marks-lost", seed(lost(0, 2), lost(9, 2), lost(10, 2), deeds=[(take, 0)])
    yield "mark-erased", seed(erased(0, 2), erased(10, 2), deeds=[(drop, 0)])
    yield "mark-damaged", seed(at(9 * 8192 + 1024, byte=0), deeds=[(confirm, 0)])
    yield "log-lost", seed(*(lost(block, page) for block in (9, 10) for page in (3, 4)),
                           deeds=[(a_try, 0), (confirm, 0)])
    yield "log-damaged", seed(at(9 * 8192 + 3 * 512, byte=1), deeds=[(a_try, 0), (confirm, 0)])
    yield "revocations-lost", seed(lost(9, 14), lost(10, 15), deeds=[(drop, 0)])
    yield "tables-lost", seed(lost(3, 0), lost(11, 0), deeds=[(take, 3)])
    yield "sealed", seed(at(32, byte=77), at(40, byte=1), sealed=3, deeds=[(take, 3)])
    yield "moved", seed(bad=0x1, deeds=[(take, 3), (drop, 0)])
    yield "moved-back", seed(bad=0x4, deeds=[(take, 3)])
    yield "no-block", seed(bad=0xFFFFFB, deeds=[(take, 3)])
    yield "one-block", seed(bad=0xFFFFFA, deeds=[(take, 3)])


def chunk(codec, body, size=None, fill=0, flags=0):
    return struct.pack("<BBHQ", codec, flags, (size or len(body)) // 8, fill) + body


def chunk_seeds():
    plain, block = mkgolden.lz4_block(4096)
    yield "raw", chunk(0, b"a page would be longer, but not of another kind ")
    yield "raw-wrong-size", chunk(0, b"12345678", 16)
    yield "raw-of-any-size", chunk(0, b"12345", flags=1)
    yield "lz4", chunk(1, block, len(plain))
    yield "lz4-wrong-size", chunk(1, block, len(plain) - 8)
    yield "lz4-cut", chunk(1, block[:20], len(plain))
    yield "lz4-literals", chunk(1, b"\xf0\x41" + bytes(range(80)))
    yield "lz4-far", chunk(1, b"\x1f" + b"x\x01\x00" + b"\xff" * 40 + b"\x07\x50tail!", 10240)
    yield "fill", chunk(2, b"", 4096, 0x0123456789ABCDEF)
    yield "fill-odd", chunk(2, b"", 64, 1, flags=7)
    yield "unknown", chunk(3, b"12345678")


def handoff_page(**change):
    """The page of a cold boot, field by field; the offsets are those of the format's description."""
    page = bytearray(4096)
    fields = {
        "magic": (0, "8s", b"SNAPHAND"), "abi": (8, "<I", 1), "size": (12, "<I", 4096),
        "boot": (16, "<I", 1), "reason": (20, "<I", 0), "detail": (24, "<Q", 0),
        "slot_offset": (32, "<Q", 0), "sequence": (40, "<Q", 0), "attempt": (48, "<I", 0),
        "timestamps": (52, "<I", 3), "counter_hz": (56, "<Q", 62500000),
        "stub_base": (64, "<Q", mkgolden.STUB_BASE), "stub_size": (72, "<Q", mkgolden.STUB_SIZE),
        "stub_version": (80, "32s", b"9.8.7"), "machine": (112, "128s", b"linux,dummy-virt"),
        "ranges": (240, "<I", 2), "seed_size": (244, "<I", 32),
        "range0_base": (248, "<Q", 0x40000000), "range0_size": (256, "<Q", 0x10000000),
        "range1_base": (264, "<Q", 0x80000000), "range1_size": (272, "<Q", 0x400000),
        "seed": (504, "32s", bytes(range(1, 33))),
        "event0": (536, "<IIQ", 1, 0, 100), "event1": (552, "<IIQ", 2, 0, 10**6),
        "event2": (568, "<IIQ", 3, 0, 10**9),
        "request": (1064, "<I", 0), "request_inverse": (1068, "<I", 2**32 - 1),
        "download_base": (1072, "<Q", 0), "download_size": (1080, "<Q", 0),
        "download_flags": (1088, "<I", 0), "about": (1092, "64s", b""),
        "os_identity": (4072, "<Q", 0), "medium": (4080, "16s", b""),
    }
    for name, value in change.items():
        fields[name] = (*fields[name][:2], value)
    for offset, form, *values in fields.values():
        struct.pack_into(form, page, offset, *values)
    return bytes(page)


def handoff_seeds():
    def seed(control=b"", **change):
        return control.ljust(32, b"\0") + handoff_page(**change)

    restored = {"boot": 2, "sequence": 7, "slot_offset": 0x40000, "attempt": 2, "medium": b"nor"}
    yield "cold", seed()
    yield "erased", bytes(32) + b"\xff" * 64
    # what the loader does with it, one after the other
    yield "everything", seed(b"".join(bytes([10 + i, 3 * i]) for i in range(10)), **restored)
    yield "restored", seed(bytes([0, 40]), **restored) + handoff_page(**restored)
    yield "refused", seed(bytes([12, 30, 14, 0]), reason=30, detail=17, **{
        name: value for name, value in restored.items() if name not in ("boot", "attempt")})
    yield "request", seed(b"\0\0\0\0\4", request=4, request_inverse=2**32 - 1 - 4)
    yield "request-half-written", seed(request=4)
    yield "changed", seed(bytes([18, 0]), **restored, request=5, request_inverse=2**32 - 1 - 5,
                          about=b"mmcblk0\x1b[2J")
    yield "full-timeline", seed(bytes([10, 1] * 15), timestamps=32)
    yield "no-counter", seed(counter_hz=999, timestamps=33)
    yield "counter-stands", seed(counter_hz=0)
    download = {"download_base": 0x40410000, "download_size": 100, "download_flags": 1}
    yield "download", seed(bytes([4] + 7 * [0] + [9]), **download) + handoff_page(**restored)
    yield "download-in-the-kernel", seed(download_base=0x42000000, download_size=4096)
    yield "download-wraps", seed(download_base=2**64 - 4096, download_size=8192)
    yield "download-too-large", seed(download_base=0x40410000, download_size=0x20000)
    yield "another-loader", seed(stub_base=0x40000000)
    # of the module: what the device tree lacks, and what cannot be mapped
    yield "no-loader", b"\1".ljust(32, b"\0")
    yield "short-page", b"\2".ljust(32, b"\0")
    yield "unmapped", b"\3".ljust(32, b"\0")


CONF = b"""# a comment
[filesystems]
persistent = /data\t/var/log/
  persistent=/srv/a=b \r
; another
retries = 7
timeout = 2m

[hooks]
timeout = 3s
[clock]
no-rtc-advance = 90"""


def conf_seeds():
    fs = b"[filesystems]\n"
    yield "all-keys", CONF
    yield "empty", b""
    yield "not-text", b"#\0\n"
    yield "too-long", b"\n" * 65537
    yield "no-section", b"retries = 1\n"
    yield "unknown-section", b"[filesystem]\n"
    yield "open-section", b"[filesystems\n"
    yield "unknown-key", fs + b"persistant = /data\n"
    yield "no-value", fs + b"retries\n"
    yield "no-key", fs + b"= 1\n"
    yield "twice", fs + b"retries = 1\n[hooks]\n[filesystems]\nretries = 1\n"
    yield "no-number", fs + b"retries = -1\n"
    yield "no-time", fs + b"timeout = soon\n"
    yield "root", fs + b"persistent = /\n"
    yield "dots", fs + b"persistent = /data/../etc\n"
    yield "listed-twice", fs + b"persistent = /data\npersistent = /data/\n"
    yield "too-many", fs + b"persistent =" + b"".join(b" /m%d" % i for i in range(33))
    yield "controls", fs + b"persistent = \x1b[31m\xc2\x80\xff\xc3\xa4\n"
    yield "off", b"root=/dev/vda snapcap=offline snapcap=off ro"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: mkcorpus.py DIRECTORY")
    for folder, seeds in (("os", os_seeds()), ("snapshot", snapshot_seeds()),
                          ("store", store_seeds()), ("nand", nand_seeds()), ("chunk", chunk_seeds()), ("handoff", handoff_seeds()),
                          ("conf", conf_seeds())):
        os.makedirs(os.path.join(sys.argv[1], folder), exist_ok=True)
        for name, data in seeds:
            with open(os.path.join(sys.argv[1], folder, name + ".bin"), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
