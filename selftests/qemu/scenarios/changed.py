# SPDX-License-Identifier: GPL-2.0-only
"""Power is on again, and a disk is not what it was when the snapshot was taken."""

import hashlib
import shutil
import subprocess

from bed import BOOT_S, RESTORE_S, Bed

from . import scenario

# Time of mkfs in the superblock of a squashfs: a system as good as before, but another.
MKFS_TIME = 8
MOUNT = "mkdir -p /run/data && mount -t squashfs /dev/vdc /run/data"


def digests(bed):
    """Of all that the machine could write to, but for the flash with the snapshot."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (bed.machine.root, *bed.machine.disks)}


def pack(folder, name, text):
    """Return: path of a squashfs with one file"""
    tree = folder / f"{name}.tree"
    tree.mkdir()
    (tree / "file").write_text(text)
    image = folder / f"{name}.squashfs"
    subprocess.run(["mksquashfs", tree, image, "-quiet", "-no-progress", "-all-root",
                    "-comp", "lz4"], check=True, stdout=subprocess.DEVNULL)
    return image


def change_root(bed):
    with open(bed.machine.root, "r+b") as root:
        root.seek(MKFS_TIME)
        stamp = root.read(4)
        root.seek(MKFS_TIME)
        root.write(bytes(byte ^ 0x5a for byte in stamp))


def must_refuse(tap, bed, device, what):
    """The machine, off, is switched on; it is at a cold boot on return."""
    before = digests(bed)
    bed.machine.start()
    console = bed.machine.console
    bed.machine.wait_console(r"bootstub: snapshot \d+ at", RESTORE_S)
    found = console.wait(rf"bootstub: snapshot \d+ refused: changed \({device} \(squashfs\)\): "
                         "cold boot", RESTORE_S)
    tap.ok(found, f"{what}: the boot loader says so after a restart", console.tail())
    bed.ready(BOOT_S)
    boot = bed.status()["boot"]
    tap.equal((boot["boot"], boot["reason_name"], boot["about"]),
              ("cold", "changed", f"{device} (squashfs)"), f"{what}: a cold boot with the reason")
    text = bed.machine.check("snapctl status")
    tap.ok(f"it is about {device} (squashfs)" in text, f"{what}: status says it in words", text)
    tap.equal(digests(bed), before, f"{what}: nothing was written to a disk")


def check_time(status):
    times = {entry["event"]: entry["ns"] for entry in status["boot"]["timeline"]}
    return (times["checked"] - times["devices"]) / 1e6 if "checked" in times else None


@scenario("changed-root", 600)
def changed_root(tap):
    """The root image is written to, a disk is swapped: the snapshot is not used any more"""
    with Bed(tap, "changed-root", minimal=True, cpus=2) as bed:
        root = bed.folder / "flash" / "root.squashfs"
        shutil.copyfile(bed.machine.root, root)
        bed.machine.root = root
        data = pack(bed.folder / "flash", "data", "one\n")
        other = pack(bed.folder / "flash", "other", "two\n")
        bed.machine.disks = [data]
        tap.equal(data.stat().st_size, other.stat().st_size, "the disks are of one size")

        bed.boot_cold()
        bed.machine.check(MOUNT)
        bed.must_take()
        watched = bed.status()["watched"]
        tap.equal(sorted((d["name"], d["policy"], d["state"]) for d in watched["devices"]),
                  [(f"{name} (squashfs)", "immutable", "same") for name in ("vda", "vdb", "vdc")],
                  "root, payload and disk are watched")
        bed.restore()
        status = bed.restored_points("nothing was changed: restored", workload=False)
        tap.ok(check_time(status) is not None, "the check is in the timeline", status["boot"])
        tap.note(f"the check took {check_time(status)} ms, now "
                 f"{status['watched']['check_ns'] / 1e6:.2f} ms")
        tap.equal(bed.machine.check("cat /run/data/file"), "one\n", "the disk is mounted")

        bed.machine.kill()
        change_root(bed)
        must_refuse(tap, bed, "vda", "changed root")

        bed.machine.power_cycle()
        found = bed.machine.wait_console(r"bootstub: (snapshot .*|no snapshot.*)", RESTORE_S)
        tap.ok("revoked" in found[2].group(0), "at the next power-on it is not tried again",
               bed.machine.console.tail())
        bed.ready(BOOT_S)

        bed.machine.check(MOUNT)
        bed.must_take(what="a snapshot of the new root is taken")
        bed.machine.kill()
        bed.machine.disks = [other]
        must_refuse(tap, bed, "vdc", "swapped disk")
