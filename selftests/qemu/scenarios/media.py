# SPDX-License-Identifier: GPL-2.0-only
"""Media other than the flash: OS image and snapshots on a virtio disk, which Linux
writes through block2mtd."""

import re

import flash
from bed import BOOT_S, Bed

from . import scenario

DISK_SIZE = 256 << 20
DRIVE = "if=none,id=snapcap,format=raw"
# At the same places as on the flash.
TAKE = f"--mtd mtd:disk --offset {flash.SNAPSHOT_OFFSET}"


def move_to_disk(bed):
    """The flash keeps the loader. Return: path of the disk"""
    path = bed.folder / "flash" / "disk.img"
    size = flash.SNAPSHOT_OFFSET - flash.OS_OFFSET
    with open(path, "wb") as disk:
        disk.truncate(DISK_SIZE)
        disk.seek(flash.OS_OFFSET)
        disk.write(bed.flash.read(flash.OS_OFFSET, size))
    bed.flash.erase(flash.OS_OFFSET, size)
    bed.machine.extra += ["-drive", f"{DRIVE},file={path}",
                          "-device", "virtio-blk-device,drive=snapcap,serial=snapcap,"
                                     "bus=virtio-mmio-bus.7"]
    return path


def limit_disk(bed, read_bytes_per_s):
    """From the next power-on the disk is not read faster than this; 0: as fast as it goes."""
    extra = bed.machine.extra
    number = next(n for n, option in enumerate(extra) if option.startswith(DRIVE))
    extra[number] = re.sub(r",throttling[^,]*", "", extra[number])
    if read_bytes_per_s:
        extra[number] += f",throttling.bps-read={read_bytes_per_s}"


def make_mtd(bed):
    """The disk as an MTD device, by the name that it gives itself."""
    bed.machine.check("disk=$(grep -l '^snapcap$' /sys/block/vd?/serial | cut -d/ -f4) && "
                      f"modprobe block2mtd block2mtd=/dev/$disk,{flash.ERASE_BLOCK},disk && "
                      "grep '\"disk\"' /proc/mtd")


def from_disk(bed, what):
    """The loader's line about the disk came before that about the image."""
    text = bed.machine.console.text
    found = "bootstub: disk snapcap at" in text
    bed.tap.ok(found and text.index("bootstub: disk snapcap at") < text.index(what),
               f"the loader has '{what}' from the disk", bed.machine.console.tail())


def timeline(status):
    return ", ".join(f"{entry['event']} {entry['ns'] / 1e6:.0f} ms"
                     for entry in status["boot"]["timeline"])


def both_ways(tap, name, settings):
    with Bed(tap, name, **settings) as bed:
        move_to_disk(bed)
        bed.boot_cold()
        from_disk(bed, "bootstub: os image 1 at 0x100000")
        tap.equal(bed.status()["boot"]["reason_name"], "empty", "there is no snapshot yet")
        make_mtd(bed)
        bed.machine.check("echo first >/run/life")
        bed.start_workload()
        bed.must_take(TAKE, "a snapshot is taken to the disk")
        for number in (1, 2, 3):
            seconds = bed.restore()
            status = bed.restored_points(f"restore {number} of 3 from the disk")
            tap.note(f"page after {seconds:.2f} s; {timeline(status)}")
        from_disk(bed, "bootstub: snapshot 1 at 0x3000000")
        tap.equal(status["boot"]["medium"], "disk", "status names the medium")

        # The restored system's cache is that of the take: it has not seen the snapshot.
        bed.machine.check("echo 1 >/proc/sys/vm/drop_caches; echo second >/run/life")
        bed.must_take(TAKE, "the restored system takes another one over it")
        bed.restore()
        status = bed.restored_points("that is restored")
        tap.equal(status["boot"]["sequence"], 2, "its sequence number is 2")
        tap.equal(bed.machine.check("cat /run/life").strip(), "second", "it is the second system")


@scenario("virtio-media", 600)
def virtio_media(tap):
    """OS image and snapshots on a virtio disk with registers of the modern layout"""
    both_ways(tap, "virtio-media", dict(cpus=4, gic=3))


def spoil(path, offset, size):
    with open(path, "r+b") as disk:
        disk.seek(offset)
        disk.write(b"\xff" * size)


@scenario("virtio-media-fallback", 400)
def virtio_media_fallback(tap):
    """A damaged snapshot on the disk ends in a cold boot from the disk"""
    with Bed(tap, "virtio-media-fallback", minimal=True) as bed:
        path = move_to_disk(bed)
        bed.boot_cold()
        make_mtd(bed)
        bed.must_take(TAKE, "a snapshot is taken to the disk")
        bed.restore()
        bed.restored_points("and restored", workload=False)
        bed.machine.kill()
        spoil(path, flash.SNAPSHOT_OFFSET + (4 << 20), 4096)
        bed.machine.start()
        bed.ready(BOOT_S)
        boot = bed.status()["boot"]
        tap.ok(boot["boot"] == "cold" and boot["reason_name"] == "chunk-sum",
               "a damaged chunk: cold boot from the disk, with the reason", boot)
