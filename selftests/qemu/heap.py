# SPDX-License-Identifier: GPL-2.0-only
"""The guest's 'heap' (guest/heap.c): memory of which each page can be found on flash."""

import struct

from image import PAGEABLE_DATA
from machine import MachineError

PROGRAM = "/usr/lib/snapcap/heap"
PAGES_PER_MIB = 256
WORDS = 512
MASK = (1 << 64) - 1


def mix(number):
    number = number + 0x9e3779b97f4a7c15 & MASK
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9 & MASK
    number = (number ^ number >> 27) * 0x94d049bb133111eb & MASK
    return number ^ number >> 31


class Heap:
    """The program in a Bed's machine, with so much memory; noise: nothing in it repeats."""

    def __init__(self, bed, mib, noise=False):
        self.bed = bed
        self.pages = mib * PAGES_PER_MIB
        self.arguments = f"{mib}{' noise' if noise else ''}"

    def start(self):
        self.bed.machine.agent().start(f"exec {PROGRAM} serve {self.arguments}", 0)
        self.bed.machine.check(f"until {PROGRAM} ask 0 0 2>/dev/null; do sleep .1; done", 120)

    def ask(self, first=0, count=None):
        """What it says of these pages, or of all: "ok", "wrong N", "bus N", "died"."""
        count = self.pages if count is None else count
        return self.bed.machine.run(f"{PROGRAM} ask {first} {count}", 120).stdout.strip()

    def stop(self):
        self.bed.machine.check("pkill -x heap")

    def offset_on_flash(self, image, page):
        """Where the contents of a page begin in the snapshot. LZ4 has nothing to refer
        to there, so that the first words are as they were."""
        start, size = image.section(PAGEABLE_DATA)
        found = image.flash.read(start, size).find(struct.pack("<Q", mix(page * WORDS)))
        if found < 0:
            raise MachineError(f"page {page} of the heap is not in the snapshot's pageable part")
        return start + found
