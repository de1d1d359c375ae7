# SPDX-License-Identifier: GPL-2.0-only
"""What fs-classes has of flash: jffs2, UBI and what is on it. What is to be read-only is a
second MTD device at the same place."""

import flash
from classes import (FORBIDDEN, IMMUTABLE, LET_GO, PERSISTENT, by_holder, found_and_named, held,
                     judge, listed)

MIB = 1 << 20
CMDLINE = flash.data_parts(("jffs2", 0, 2 * MIB, ""), ("jffs2-fixed", 0, 2 * MIB, "ro"),
                           ("ubi", 2 * MIB, 12 * MIB, ""), ("ubi-fixed", 2 * MIB, 12 * MIB, "ro"),
                           ("image", 14 * MIB, 2 * MIB, ""))
JFFS2, JFFS2_FIXED, UBI, UBI_FIXED, IMAGE = range(flash.DATA_NUMBER, flash.DATA_NUMBER + 5)
ATTACH = f"ubiattach -m {UBI} -d 0 >/dev/null"
ATTACH_FIXED = f"ubiattach -m {UBI_FIXED} -d 0 >/dev/null"
BLOCK = "ubiblock -c /dev/ubi0_1"
DETACH = "ubidetach -d 0"


def fill(bed, squashfs):
    """All is there, and nothing is mounted."""
    bed.machine.check(f"""set -e; modprobe -a jffs2 ubi ubifs; mkdir -p /run/m/a
        head -c 256K {squashfs} >/run/squashfs
        mount -t jffs2 /dev/mtdblock{JFFS2} /run/m/a; echo x >/run/m/a/x; umount /run/m/a
        cat /run/squashfs >/dev/mtd{IMAGE}
        ubiformat -q -y /dev/mtd{UBI}; {ATTACH}
        ubimkvol /dev/ubi0 -N data -s 4500KiB >/dev/null
        ubimkvol /dev/ubi0 -N image -s 500KiB >/dev/null
        ubiupdatevol /dev/ubi0_1 /run/squashfs; rm /run/squashfs
        mount -t ubifs ubi0:data /run/m/a; echo x >/run/m/a/x; umount /run/m/a
        {DETACH}""", 120)


def matrix(bed, squashfs):
    fill(bed, squashfs)
    for commands, where, expected, what, undo, why in (
            (f"mount -t jffs2 /dev/mtdblock{JFFS2} a", "/run/m/a", FORBIDDEN, "jffs2", ":", ""),
            (f"mount -t jffs2 -o ro /dev/mtdblock{JFFS2} a", "/run/m/a", FORBIDDEN,
             "jffs2 mounted read-only, on flash that can be written", ":", "can be written"),
            (f"mount -t jffs2 -o ro mtd{JFFS2_FIXED} a", "/run/m/a", IMMUTABLE,
             "jffs2 on a read-only MTD device", ":", "read-only itself"),
            (f"mount /dev/mtdblock{IMAGE} a", "/run/m/a", IMMUTABLE,
             "squashfs on flash that can be written", ":", "by its format"),
            (f"{ATTACH}; mount -t ubifs ubi0:data a", "/run/m/a", FORBIDDEN, "ubifs", DETACH, ""),
            (ATTACH, "/dev/ubi0", FORBIDDEN, "UBI of which nothing is mounted", DETACH,
             "attached"),
            (f"{ATTACH}; mount -t ubifs -o ro ubi0:data a", "/run/m/a", FORBIDDEN,
             "ubifs mounted read-only, on flash that can be written", DETACH, "can be written"),
            (f"{ATTACH_FIXED}; mount -t ubifs -o ro /dev/ubi0_0 a", "/run/m/a", IMMUTABLE,
             "ubifs on a read-only MTD device", DETACH, "read-only itself"),
            (f"{ATTACH}; {BLOCK}; mount -t squashfs /dev/ubiblock0_1 a", "/run/m/a", FORBIDDEN,
             "squashfs on UBI on flash that can be written", DETACH, "other erase blocks"),
            (f"{ATTACH_FIXED}; {BLOCK}; mount -t squashfs /dev/ubiblock0_1 a", "/run/m/a",
             IMMUTABLE, "squashfs on UBI on a read-only MTD device", DETACH, "by its format")):
        judge(bed, commands, where, expected, what, undo, why)
    listed(bed, "/run/m/a")
    mount = f"{ATTACH}; mount -t ubifs ubi0:data a"
    for commands, where, expected, what, undo, why in (
            ("mount -t jffs2 mtd:jffs2 a", "/run/m/a", PERSISTENT, "jffs2 that is listed", ":",
             "listed"),
            (mount, "/run/m/a", PERSISTENT, "ubifs that is listed", DETACH, "listed"),
            (mount, "/dev/ubi0", PERSISTENT, "UBI beneath it", DETACH, "detached for the take"),
            (f"{mount}; {BLOCK}", "/dev/ubi0", FORBIDDEN, "UBI with a block device of a volume, too",
             DETACH, "ubiblock0_1 is made of it"),
            (f"{mount}; ubimkvol /dev/ubi0 -N more -s 4500KiB >/dev/null; mount -t ubifs ubi0:more b",
             "/dev/ubi0", FORBIDDEN, "UBI with a mount that is not listed, too",
             f"ubirmvol /dev/ubi0 -N more >/dev/null; {DETACH}", "attached")):
        judge(bed, commands, where, expected, what, undo, why)
    listed(bed)


def elsewhere(bed):
    """Not mounted where we are: found, and who has it."""
    found_and_named(bed, held(f"exec 3<>/dev/mtd{IMAGE}"), LET_GO,
                    "raw flash that is open is found, with process and unit",
                    lambda e: e["where"] == f"/dev/mtd{IMAGE}" and by_holder(e))
    found_and_named(bed, f"mount -t jffs2 /dev/mtdblock{JFFS2} /run/m/d; " +
                    held("cd /run/m/d") + "; umount -l /run/m/d", LET_GO,
                    "a jffs2 that was detached but lives on is found by its thread",
                    lambda e: e["where"] == f"/dev/mtd{JFFS2}")
    listed(bed, "/run/m/a")
    found_and_named(bed, f"{ATTACH}; mount -t ubifs ubi0:data /run/m/a; " +
                    held("exec 3</dev/ubi0_1"), LET_GO,
                    "a UBI volume that is open is found, with process and unit",
                    lambda e: e["where"] == "/dev/ubi0" and by_holder(e))
    bed.machine.check(f"umount /run/m/a; {DETACH}")
    listed(bed)


def stay(bed):
    """Of class 2, for the takes that follow: a squashfs on UBI, and one on flash."""
    bed.machine.check(f"{ATTACH_FIXED}; {BLOCK}; mkdir -p /run/m/ubi /run/m/flash; "
                      "mount -t squashfs /dev/ubiblock0_1 /run/m/ubi; "
                      f"mount -t squashfs /dev/mtdblock{IMAGE} /run/m/flash")


def same(bed, what):
    """Both were looked at, and can be read."""
    states = {d["name"]: (d["policy"], d["state"]) for d in bed.status()["watched"]["devices"]}
    names = ("ubiblock0_1 (squashfs)", f"mtd{IMAGE} (squashfs)")
    bed.tap.equal([states.get(name) for name in names], [("immutable", "same")] * 2,
                  f"{what}: the squashfs on UBI and that on flash were watched", states)
    bed.tap.equal(bed.machine.check("cat /run/m/ubi/file /run/m/flash/file"), "one file\n" * 2,
                  f"{what}: they can be read")
