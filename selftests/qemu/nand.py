# SPDX-License-Identifier: GPL-2.0-only
"""Raw NAND in the guest: nandsim, as an MTD device that is named by its number.

Its contents are in a file, so that they are no part of what is captured: a disk of the
machine, whose cache is dropped before each take. The loader does not see it."""

import json


class Geometry:
    """
    ids:     bytes that a chip of 128 MiB tells, for nandsim
    page, block:  bytes
    """

    def __init__(self, ids, page, block):
        self.ids = ids
        self.page = page
        self.block = block


GEOMETRIES = {
    "2K/128K": Geometry("0x20,0xa1,0x00,0x15", 2 << 10, 128 << 10),
    "4K/256K": Geometry("0x20,0xa1,0x00,0x26", 4 << 10, 256 << 10),
    "512/16K": Geometry("0x20,0x79", 512, 16 << 10),
}
USUAL = GEOMETRIES["2K/128K"]
# The third byte makes it one with two bits a cell.
MLC = "0x20,0xa1,0x04,0x15"
BYTES = 60 << 20
# Of the chip, before the partition that is used: its blocks are not counted from 0.
BEFORE = 4
# The flash has three.
NUMBER = 4
MTD = f"mtd{NUMBER}"


def make_disk(folder):
    """For the contents, with what is beside each page. Return: its path"""
    path = folder / "nand.img"
    with open(path, "wb") as disk:
        disk.truncate(160 << 20)
    return path


class Nand:
    """
    bed:       its machine has the disk
    geometry:  of the chip
    """

    def __init__(self, bed, geometry=USUAL):
        self.bed = bed
        self.geometry = geometry
        self.block = geometry.block
        self.blocks = BYTES // geometry.block
        self.disk = bed.machine.check("ls /dev/vd? | tail -n 1").strip()
        self.loaded = False

    def chip_block(self, block):
        """A block of the partition, as nandsim counts."""
        return BEFORE + block

    def chip_page(self, block, page=0):
        return (BEFORE + block) * (self.block // self.geometry.page) + page

    def unload(self):
        if self.loaded:
            self.bed.machine.check("rmmod nandsim")
        self.loaded = False

    def load(self, bad=(), ids=None, blocks=None, **params):
        """A new chip, erased. bad: blocks of the partition; blocks: its size; other parameters
        are nandsim's, whose blocks and pages are those of the chip."""
        self.unload()
        args = [f"id_bytes={ids or self.geometry.ids}", f"cache_file={self.disk}",
                f"parts={BEFORE},{blocks or self.blocks}"]
        if bad:
            args.append("badblocks=" + ",".join(str(self.chip_block(block)) for block in bad))
        args += [f"{name}={value}" for name, value in params.items()]
        self.bed.machine.check(f"dmesg -C; modprobe nandsim {' '.join(args)}", 60)
        self.loaded = True

    def take(self, args=""):
        self.bed.machine.check("sync; echo 3 >/proc/sys/vm/drop_caches")
        return self.bed.take(f"--mtd {MTD} {args}")

    def snapctl(self, command):
        """Return: exit code, JSON, stderr"""
        job = self.bed.machine.run(f"snapctl {command} --json {MTD} 2>/run/nand.err", 60)
        said = self.bed.machine.check("cat /run/nand.err")
        try:
            return job.code, json.loads(job.stdout), said
        except ValueError:
            return job.code, {}, said

    def listed(self):
        """(sequence, state, offset) of all that is there"""
        found = self.snapctl("list")[1].get("snapshots", [])
        return [((entry["image"] or {}).get("sequence"), entry["state"], entry["offset"])
                for entry in found]

    def said(self):
        """What the kernel has of blocks that failed."""
        return self.bed.machine.check("dmesg | grep 'marked bad' || true")


def all_good(found):
    """Has everything that verify --all saw passed?"""
    code, told, _ = found
    results = told.get("results", [])
    return code == 0 and results and all(result["ok"] for result in results)
