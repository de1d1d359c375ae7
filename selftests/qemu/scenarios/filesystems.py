# SPDX-License-Identifier: GPL-2.0-only
"""What may be mounted, swapped to or open when a snapshot is taken."""

import json
import subprocess

from bed import Bed

from . import scenario

REFUSED = 13
VOLATILE, IMMUTABLE, PERSISTENT, FORBIDDEN = 1, 2, 3, 4
CONF = "/etc/snapcap/snapcap.conf"
MIB = 1 << 20


def make_images(folder):
    """Return: {name: (path, read-only)} of disks; none holds a journal to be replayed"""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "file").write_text("one file\n")
    images = {name: (folder / f"{name}.img", name == "fixed")
              for name in ("ext4", "fixed", "squashfs", "erofs")}
    for name in ("ext4", "fixed"):
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, images[name][0], "8M"],
                       check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mksquashfs", tree, images["squashfs"][0], "-quiet", "-no-progress",
                    "-comp", "lz4"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mkfs.erofs", "--quiet", images["erofs"][0], tree], check=True,
                   stdout=subprocess.DEVNULL)
    for path, _ in images.values():
        with open(path, "r+b") as image:
            image.truncate(max(MIB, path.stat().st_size))
    return images


def add_disks(bed):
    """In the guest, /run/disk/NAME leads to each."""
    folder = bed.folder / "flash" / "disks"
    folder.mkdir(parents=True)
    for number, (name, (path, read_only)) in enumerate(make_images(folder).items()):
        mode = "on" if read_only else "off"
        bed.machine.extra += ["-drive", f"if=none,id={name},format=raw,readonly={mode},"
                                        f"file={path}",
                              "-device", f"virtio-blk-device,drive={name},serial={name},"
                                         f"bus=virtio-mmio-bus.{8 + number}"]


def name_disks(bed):
    bed.machine.check("mkdir -p /run/disk /run/m /etc/snapcap; for d in /sys/block/vd?; do "
                      "s=$(cat $d/serial); [ -z \"$s\" ] || ln -sf /dev/${d##*/} /run/disk/$s; "
                      "done")


def check(bed):
    """Return: exit code, entries"""
    job = bed.machine.run("snapctl check --json 2>/run/check.err")
    try:
        return job.code, json.loads(job.stdout)["entries"]
    except (ValueError, KeyError):
        bed.tap.note(f"no table: {job}; {bed.machine.run('cat /run/check.err').stdout}")
        return job.code, []


def refused(entries):
    return [entry for entry in entries if entry["class"] == FORBIDDEN]


def short(entries):
    return [f"{e['class']} {e['where']} {e['type']} on {e['device']}: {e['why']}" for e in entries]


def listed(bed, *mounts):
    text = "[filesystems]\\npersistent = " + " ".join(mounts) + "\\n" if mounts else ""
    bed.machine.check(f"printf '{text}' >{CONF}")


def judge(bed, commands, where, expected, what):
    """Mounts, looks, and unmounts all that was mounted, newest first."""
    bed.machine.check(f"set -e; mkdir -p /run/m/a /run/m/b /run/m/c /run/m/d; cd /run/m; {commands}")
    code, entries = check(bed)
    found = [e for e in entries if e["where"] == where]
    bad = refused(entries)
    fits = (found and found[0]["class"] == expected and
            code == (REFUSED if bad else 0) and (expected != FORBIDDEN or bad))
    bed.tap.ok(fits, f"{what}: class {expected}", f"exit code {code}\n" + "\n".join(short(entries)))
    bed.machine.check("for m in d c b a; do while mountpoint -q /run/m/$m; do umount /run/m/$m; "
                      "done; done; losetup -D; rm -f /run/*.img")


def matrix(bed):
    disk = "/run/disk"
    for commands, where, expected, what in (
            ("mount -t tmpfs x a", "a", VOLATILE, "tmpfs"),
            (f"mount {disk}/ext4 a", "a", FORBIDDEN, "ext4"),
            (f"mount -o ro {disk}/ext4 a", "a", FORBIDDEN,
             "ext4 mounted read-only, on a disk that can be written"),
            (f"mount -o ro {disk}/fixed a", "a", IMMUTABLE, "ext4 on a read-only disk"),
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
    listed(bed, "/run/m/a")
    for commands, where, expected, what in (
            (f"mount {disk}/ext4 a", "a", PERSISTENT, "ext4 that is listed"),
            (f"mount {disk}/ext4 a; mount {disk}/squashfs b; mkdir -p a/u a/w; mount -t overlay x "
             "-o lowerdir=/run/m/b,upperdir=/run/m/a/u,workdir=/run/m/a/w c", "c", FORBIDDEN,
             "overlay on a listed ext4 that is not listed itself"),
            (f"mount {disk}/ext4 a; mount -o loop a/s.img b", "b", FORBIDDEN,
             "squashfs in a file on a listed ext4"),
            (f"mount {disk}/squashfs a", "a", IMMUTABLE, "squashfs that is listed")):
        judge(bed, commands, f"/run/m/{where}", expected, what)
    listed(bed)


def found_and_named(bed, start, stop, what, fits):
    """Something that is not mounted where we are: found, and who has it."""
    bed.machine.check(start)
    code, entries = check(bed)
    bad = refused(entries)
    bed.tap.ok(code == REFUSED and any(fits(entry) for entry in bad), what,
               f"exit code {code}, {bad}")
    bed.machine.check(stop)
    code, entries = check(bed)
    bed.tap.equal(code, 0, f"{what}: and gone with it", short(refused(entries)))


def held(command):
    """Starts a unit that has done something, and then sleeps."""
    return (f"systemd-run -q --unit=holder sh -c '{command}; >/run/holder; exec sleep 7777'; "
            "i=0; while [ ! -e /run/holder ] && [ $i -lt 100 ]; do sleep .1; i=$((i+1)); done; "
            "rm /run/holder")


def elsewhere(bed):
    stop = "systemctl stop holder; i=0; while ! snapctl check -q >/dev/null 2>&1 && " \
           "[ $i -lt 50 ]; do sleep .1; i=$((i+1)); done"

    def by_holder(entry):
        return any(h["command"] == "sleep" and h["unit"] == "holder.service"
                   for h in entry["holders"])

    device = bed.machine.check("readlink /run/disk/ext4").strip()
    found_and_named(bed, held("unshare -m sh -c \"mount /run/disk/ext4 /run/m/d; >/run/holder; "
                              "exec sleep 7777\""), stop,
                    "a mount of another namespace is found, with its process",
                    lambda e: e["where"] == "/run/m/d" and e.get("namespace_pid"))
    found_and_named(bed, held("exec 3<>/run/disk/ext4"), stop,
                    "a raw disk that is open is found, with process and unit",
                    lambda e: e["where"] == device and by_holder(e))
    found_and_named(bed, "mount /run/disk/ext4 /run/m/d; " + held("cd /run/m/d") +
                    "; umount -l /run/m/d", stop,
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


@scenario("fs-classes", 500)
def fs_classes(tap):
    """What is mounted, open or hidden decides whether a snapshot may be taken"""
    with Bed(tap, "fs-classes", cpus=2, minimal=True) as bed:
        add_disks(bed)
        bed.boot_cold()
        name_disks(bed)
        code, entries = check(bed)
        tap.equal(code, 0, "nothing is in the way on the system as it is", short(refused(entries)))
        root = [entry for entry in entries if entry["where"] == "/"]
        tap.ok(root and root[0]["class"] == VOLATILE and root[0]["type"] == "overlay",
               "its root, an overlay of squashfs and tmpfs, is volatile", root)
        matrix(bed)
        elsewhere(bed)
        forced(bed)
