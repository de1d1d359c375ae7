# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots on flash, as Documentation/image-format.rst describes them: looks
fields up and changes them, with checksums made right again where a test needs
an image that is wrong in one thing only. Shares no code with lib/snapimg."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from sums import crc32c  # noqa: E402

COMMIT_OFF = 4096
HEADER_SIZE = 1024
COMMIT_SIZE = 48
MAGIC = b"SNAPIMG\n"

# Fields of the header: offset and struct format.
FIELDS = {
    "version_major": (12, "<H"),
    "feature_incompat": (24, "<Q"),
    "sequence": (32, "<Q"),
    "image_size": (40, "<Q"),
    "stub_base": (88, "<Q"),
    "kernel_release": (112, "80s"),
    "machine": (192, "128s"),
    "build_id": (320, "20s"),
    "label": (360, "32s"),
    "os_identity": (664, "<Q"),
    "header_crc": (HEADER_SIZE - 4, "<I"),
}
SECTIONS = 400
SECTION = struct.Struct("<IIQQQ")
CPU, MEMMAP, PAGETABLE, CHUNKS, DATA, PAGEABLE_CHUNKS, PAGEABLE_DATA = range(1, 8)


class Image:
    """The snapshot at an offset of a Flash; changes take effect with store()."""

    def __init__(self, flash, offset):
        self.flash = flash
        self.offset = offset
        self.header = bytearray(flash.read(offset, HEADER_SIZE))
        self.commit = bytearray(flash.read(offset + COMMIT_OFF, COMMIT_SIZE))
        if not self.header.startswith(MAGIC):
            raise ValueError(f"no snapshot at {offset:#x}")
        if self.field("header_crc") != crc32c(self.header[:-4]):
            raise ValueError("the checksum of the header is computed differently")

    def field(self, name):
        offset, form = FIELDS[name]
        return struct.unpack_from(form, self.header, offset)[0]

    def set_field(self, name, value):
        offset, form = FIELDS[name]
        struct.pack_into(form, self.header, offset, value)

    def section(self, kind):
        """(offset from the start of the flash, size)"""
        for entry in range(8):
            found, _, offset, size, _ = SECTION.unpack_from(
                self.header, SECTIONS + entry * SECTION.size)
            if found == kind:
                return self.offset + offset, size
        raise ValueError(f"no section {kind}")

    def grow_data(self, extra):
        """The DATA section and with it the image get longer, in the header only."""
        for entry in range(8):
            at = SECTIONS + entry * SECTION.size
            found, crc, offset, size, zero = SECTION.unpack_from(self.header, at)
            if found == DATA:
                SECTION.pack_into(self.header, at, found, crc, offset, size + extra, zero)
        self.set_field("image_size", self.field("image_size") + extra)

    def store(self):
        """With the checksums of header and commit mark made right."""
        crc = crc32c(self.header[:-4])
        self.set_field("header_crc", crc)
        struct.pack_into("<QI", self.commit, 8, self.field("sequence"), crc)
        struct.pack_into("<I", self.commit, 32, crc32c(self.commit[:32]))
        self.flash.write(self.offset, bytes(self.header))
        self.flash.write(self.offset + COMMIT_OFF, bytes(self.commit))

    def flip(self, offset, bit=3):
        """Flips one bit on flash; nothing is made right."""
        byte = self.flash.read(offset, 1)[0]
        self.flash.write(offset, bytes([byte ^ 1 << bit]))
