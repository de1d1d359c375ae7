# SPDX-License-Identifier: GPL-2.0-only
"""What may be mounted, swapped to or open when a snapshot is taken."""

import hashlib
import json
import subprocess

import flashclasses
from bed import Bed
from classes import (CONF, FORBIDDEN, IMMUTABLE, LET_GO, PERSISTENT, REFUSED, VOLATILE, by_holder,
                     check, found_and_named, held, judge, listed, refused, short)

from . import scenario

MIB = 1 << 20
BLANK = {"vfat": 8 * MIB, "f2fs": 64 * MIB}
VERITY_BLOCK = 4096


def add_verity(path):
    """The hashes of dm-verity, right behind the data. Return: arguments of the target"""
    data = path.read_bytes()
    levels = [data]
    while len(levels[-1]) > VERITY_BLOCK:
        below = levels[-1]
        digests = b"".join(hashlib.sha512(below[at:at + VERITY_BLOCK]).digest()
                           for at in range(0, len(below), VERITY_BLOCK))
        levels.append(digests + bytes(-len(digests) % VERITY_BLOCK))
    path.write_bytes(data + b"".join(reversed(levels[1:])))
    blocks = len(data) // VERITY_BLOCK
    return f"{blocks} {blocks} sha512 {hashlib.sha512(levels[-1]).hexdigest()} -"


def make_images(folder):
    """Return: {name: (path, read-only)} of disks; none holds a journal to be replayed"""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "file").write_text("one file\n")
    images = {name: (folder / f"{name}.img", name == "fixed")
              for name in ("ext4", "fixed", "verity", "squashfs", "erofs", *BLANK)}
    for name in ("ext4", "fixed", "verity"):
        # Not smaller blocks than those of dm-verity.
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", str(VERITY_BLOCK), "-d", tree,
                        images[name][0], "8M"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mksquashfs", tree, images["squashfs"][0], "-quiet", "-no-progress",
                    "-comp", "lz4"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mkfs.erofs", "--quiet", images["erofs"][0], tree], check=True,
                   stdout=subprocess.DEVNULL)
    for name, (path, _) in images.items():
        with open(path, "ab") as image:
            image.truncate(max(BLANK.get(name, MIB), path.stat().st_size))
    return images


def add_disks(bed):
    """In the guest, /run/disk/NAME leads to each. Return: arguments of dm-verity for one"""
    folder = bed.folder / "flash" / "disks"
    folder.mkdir(parents=True)
    images = make_images(folder)
    verity = add_verity(images["verity"][0])
    for number, (name, (path, read_only)) in enumerate(images.items()):
        mode = "on" if read_only else "off"
        bed.machine.extra += ["-drive", f"if=none,id={name},format=raw,readonly={mode},"
                                        f"file={path}",
                              "-device", f"virtio-blk-device,drive={name},serial={name},"
                                         f"bus=virtio-mmio-bus.{8 + number}"]
    return verity


def name_disks(bed):
    bed.machine.check("mkdir -p /run/disk /run/m /etc/snapcap; for d in /sys/block/vd?; do "
                      "s=$(cat $d/serial); [ -z \"$s\" ] || ln -sf /dev/${d##*/} /run/disk/$s; "
                      "done")


def stacks(bed, verity):
    """Device-mapper over the same disks."""
    linear = "0 $(blockdev --getsz {0}) linear {0} 0"
    sectors = int(verity.split()[0]) * VERITY_BLOCK // 512
    for disk, table, expected, why, what in (
            ("ext4", linear, FORBIDDEN, "can be written", "a disk that can be written"),
            ("fixed", linear, IMMUTABLE, "read-only itself", "a read-only disk"),
            ("verity", f"0 {sectors} verity 1 {{0}} {{0}} {VERITY_BLOCK} {VERITY_BLOCK} {verity}",
             IMMUTABLE, "read-only itself", "a disk that can be written, through dm-verity")):
        flags = "-r" * (expected == IMMUTABLE)
        table = table.format(f"$(readlink /run/disk/{disk})")
        judge(bed, f"dmsetup create x {flags} --noudevsync --table \"{table}\"; "
              "mount -o ro /dev/dm-0 a", "/run/m/a", expected,
              f"ext4 mounted read-only, on device-mapper on {what}",
              "dmsetup remove --retry --noudevsync x", why)


def matrix(bed, verity):
    disk = "/run/disk"
    bed.machine.check("modprobe -a dm-mod dm-verity vfat f2fs; "
                      f"mkfs.vfat {disk}/vfat >/dev/null; mkfs.f2fs -q {disk}/f2fs >/dev/null")
    for commands, where, expected, what in (
            ("mount -t tmpfs x a", "a", VOLATILE, "tmpfs"),
            (f"mount {disk}/ext4 a", "a", FORBIDDEN, "ext4"),
            (f"mount -o ro {disk}/ext4 a", "a", FORBIDDEN,
             "ext4 mounted read-only, on a disk that can be written"),
            (f"mount -o ro {disk}/fixed a", "a", IMMUTABLE, "ext4 on a read-only disk"),
            (f"mount {disk}/vfat a", "a", FORBIDDEN, "vfat"),
            (f"mount -o ro {disk}/vfat a", "a", FORBIDDEN,
             "vfat mounted read-only, on a disk that can be written"),
            (f"mount {disk}/f2fs a", "a", FORBIDDEN, "f2fs"),
            (f"mount -o ro {disk}/f2fs a", "a", FORBIDDEN,
             "f2fs mounted read-only, on a disk that can be written"),
            (f"mount {disk}/squashfs a", "a", IMMUTABLE, "squashfs on a disk that can be written"),
            (f"mount {disk}/erofs a", "a", IMMUTABLE, "erofs on a disk that can be written"),
            (f"mount {disk}/squashfs a; mount -t tmpfs x b; mkdir b/u b/w; mount -t overlay x "
             "-o lowerdir=/run/m/a,upperdir=/run/m/b/u,workdir=/run/m/b/w c", "c", VOLATILE,
             "overlay of squashfs and tmpfs"),
            (f"mount {disk}/squashfs a; mount {disk}/erofs b; "
             "mount -t overlay x -o lowerdir=/run/m/a:/run/m/b c", "c", IMMUTABLE,
             "overlay of squashfs and erofs"),
            (f"mount {disk}/ext4 a; mkdir -p a/u a/w; mount {disk}/squashfs b; mount -t overlay x "
             "-o lowerdir=/run/m/b,upperdir=/run/m/a/u,workdir=/run/m/a/w c", "c", FORBIDDEN,
             "overlay that writes to ext4"),
            (f"cp {disk}/squashfs /run/s.img; mount -o loop /run/s.img a", "a", VOLATILE,
             "a loop device on tmpfs"),
            (f"cp {disk}/ext4 /run/e.img; mount -o loop /run/e.img a", "a", VOLATILE,
             "ext4 on that"),
            (f"mount {disk}/ext4 a; cp {disk}/squashfs a/s.img; mount -o loop a/s.img b", "b",
             FORBIDDEN, "squashfs in a file on ext4")):
        judge(bed, commands, f"/run/m/{where}", expected, what)
    stacks(bed, verity)
    listed(bed, "/run/m/a")
    for commands, where, expected, what in (
            (f"mount {disk}/ext4 a", "a", PERSISTENT, "ext4 that is listed"),
            (f"mount {disk}/vfat a", "a", PERSISTENT, "vfat that is listed"),
            (f"mount {disk}/f2fs a", "a", PERSISTENT, "f2fs that is listed"),
            (f"mount {disk}/ext4 a; mount {disk}/squashfs b; mkdir -p a/u a/w; mount -t overlay x "
             "-o lowerdir=/run/m/b,upperdir=/run/m/a/u,workdir=/run/m/a/w c", "c", FORBIDDEN,
             "overlay on a listed ext4 that is not listed itself"),
            (f"mount {disk}/ext4 a; mount -o loop a/s.img b", "b", FORBIDDEN,
             "squashfs in a file on a listed ext4"),
            (f"mount {disk}/squashfs a", "a", IMMUTABLE, "squashfs that is listed")):
        judge(bed, commands, f"/run/m/{where}", expected, what)
    listed(bed)


def elsewhere(bed):
    device = bed.machine.check("readlink /run/disk/ext4").strip()
    found_and_named(bed, held("unshare -m sh -c \"mount /run/disk/ext4 /run/m/d; >/run/holder; "
                              "exec sleep 7777\""), LET_GO,
                    "a mount of another namespace is found, with its process",
                    lambda e: e["where"] == "/run/m/d" and e.get("namespace_pid"))
    found_and_named(bed, held("exec 3<>/run/disk/ext4"), LET_GO,
                    "a raw disk that is open is found, with process and unit",
                    lambda e: e["where"] == device and by_holder(e))
    found_and_named(bed, "mount /run/disk/ext4 /run/m/d; " + held("cd /run/m/d") +
                    "; umount -l /run/m/d", LET_GO,
                    "a filesystem that was detached but lives on is found by its disk",
                    lambda e: e["where"] == device)


def forced(bed):
    tap = bed.tap
    flash = bed.machine.check("md5sum </dev/mtd2")
    bed.machine.check("mount /run/disk/ext4 /run/m/d; " + held("cd /run/m/d"))
    take = bed.take()
    tap.ok(take.code == REFUSED and take.cause == "filesystems" and "/run/m/d (ext4 on vd"
           in take.err and "holder.service" in take.err and CONF in take.err,
           "a take is refused, naming mount, device, holder and what to do", str(take))
    tap.equal(bed.machine.check("md5sum </dev/mtd2"), flash, "the flash is as before")
    take = bed.must_take("--force", "with --force it is taken")
    tap.ok(take.json["forced"] and take.json["refused"][0]["where"] == "/run/m/d",
           "and says what was in the way", take.json)
    for life in ("the first life", "the restored system"):
        if life != "the first life":
            bed.restore()
            bed.restored_points("the forced snapshot is restored", workload=False)
            flashclasses.same(bed, life)
        listing = json.loads(bed.machine.check("snapctl list --json"))["snapshots"]
        info = json.loads(bed.machine.check("snapctl info --json"))["image"]
        told = (bed.status()["last_take"]["forced"], info["forced"],
                listing[0]["image"]["forced"])
        tap.equal(told, (True, True, True), f"{life}: status, info and list say so")
    text = bed.machine.check("snapctl status; snapctl info; snapctl list")
    tap.ok(text.count("--force") == 2 and "(forced)" in text, "in words, too", text)
    bed.machine.check("systemctl stop holder; umount /run/m/d")
    bed.must_take("--slot 1", "what is taken in that system, with nothing in the way,")
    info = json.loads(bed.machine.check("snapctl info --json"))["image"]
    tap.ok(info["forced"] and info["sequence"] == 2, "says so as well", info)


@scenario("fs-classes", 700)
def fs_classes(tap):
    """What is mounted, open or hidden decides whether a snapshot may be taken"""
    with Bed(tap, "fs-classes", cmdline=flashclasses.CMDLINE, cpus=2, minimal=True) as bed:
        verity = add_disks(bed)
        bed.boot_cold()
        name_disks(bed)
        code, entries = check(bed)
        tap.equal(code, 0, "nothing is in the way on the system as it is", short(refused(entries)))
        root = [entry for entry in entries if entry["where"] == "/"]
        tap.ok(root and root[0]["class"] == VOLATILE and root[0]["type"] == "overlay",
               "its root, an overlay of squashfs and tmpfs, is volatile", root)
        matrix(bed, verity)
        flashclasses.matrix(bed, "/run/disk/squashfs")
        elsewhere(bed)
        flashclasses.elsewhere(bed)
        flashclasses.stay(bed)
        forced(bed)
