# SPDX-License-Identifier: GPL-2.0-only
"""The ledger of `persistent` on flash: ubifs on UBI, which is detached for a take. A jffs2 is
unmounted beside it, on a disk that block2mtd makes flash of. There is no fsck for them: a
boot that knows nothing of the snapshot mounts them, and reads."""

import re

import flash
from bed import Bed

from . import scenario
from .persistent import LEDGER, Ledger, as_before, cut, mount_line, restored, start, taken

MIB = 1 << 20
CMDLINE = flash.data_parts(("data", 0, 12 * MIB, ""))
DATA = flash.DATA_NUMBER
LOG_SIZE = 4 * MIB
LOG_ERASE = 64 << 10
CONF = "/etc/snapcap/snapcap.conf"
CUTS = 3
SOAK_CUTS = 100
# What UBI and the filesystems say when something is not as they left it.
ERRORS = re.compile(r"UBIFS error|ubi\d+ error|jffs2: .*(error|corrupt|CRC)", re.I)

ATTACH_UNIT = f"""[Unit]
Description=Flash of the snapcap tests
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=modprobe -a ubifs jffs2
ExecStart=ubiattach -m {DATA} -d 0
"""

MOUNT_UNIT = """[Unit]
Description=Data of the snapcap tests
Requires=flash.service
After=flash.service
[Mount]
What=ubi0:data
Where=/data
Type=ubifs
Options=noatime
"""


def attach(bed):
    bed.machine.agent().put("/run/systemd/system/flash.service", ATTACH_UNIT.encode())
    bed.machine.check("systemctl daemon-reload && systemctl start flash", 60)


def add_log_disk(bed):
    """As erased flash."""
    path = bed.folder / "flash" / "log.img"
    path.write_bytes(b"\xff" * LOG_SIZE)
    bed.machine.disks.append(path)


def mount_log(bed):
    bed.machine.check(f"modprobe block2mtd block2mtd=/dev/vdc,{LOG_ERASE},log && mkdir -p /log && "
                      "mount -t jffs2 mtd:log /log")


def prepare(bed):
    """All but the take. Return: ledger"""
    add_log_disk(bed)
    bed.boot_cold()
    bed.machine.check(f"modprobe ubi && ubiformat -q -y /dev/mtd{DATA}", 60)
    attach(bed)
    bed.machine.check("ubimkvol /dev/ubi0 -N data -s 5MiB && ubimkvol /dev/ubi0 -N more -s 4500KiB")
    mount_log(bed)
    start(bed, MOUNT_UNIT)
    bed.machine.check(f"sed -i 's!/data!/data /log!' {CONF}")
    return Ledger()


def attached(bed):
    """The MTD device beneath ubi0, "" for none."""
    return bed.machine.run("cat /sys/class/ubi/ubi0/mtd_num").stdout.strip()


def hidden_user(bed):
    """UBI that cannot be detached, which is found when all is unmounted already."""
    tap, mount = bed.tap, mount_line(bed)
    bed.machine.check("mkdir -p /run/more && mount -t ubifs ubi0:more /run/more")
    bed.machine.agent().start("cd /run/more && exec sleep 1003", 0)
    bed.machine.check("until pidof sleep; do sleep .1; done; umount -l /run/more", 20)
    take = bed.take()
    tap.ok(take.code == 5 and take.cause == "fs-busy" and "ubi0" in take.err,
           "UBI that something else uses cannot be detached: refused", take)
    as_before(bed, mount, "UBI that something else uses: all is as before")
    tap.equal(bed.machine.run("mountpoint -q /log").code, 0, "so is the jffs2")
    bed.machine.check("kill $(pidof sleep); until ubirmvol /dev/ubi0 -N more >/run/rmvol 2>&1; do "
                      "sleep .1; done", 20)


def errors(bed, what):
    """UBI, UBIFS and JFFS2 found everything as they left it, or as a power cut leaves it."""
    text = bed.machine.console.text
    if bed.machine.connection:
        text += bed.machine.run("dmesg").stdout
    found = [line for line in text.splitlines() if ERRORS.search(line)]
    bed.tap.ok(not found, f"{what}: no complaint of UBI or a filesystem", "\n".join(found[:20]))


def close_books(bed, ledger, what):
    """The service ends; all that it promised is there."""
    bed.machine.check(f"systemctl stop {LEDGER}", 60)
    ledger.listen(bed.machine)
    faults = ledger.compare(bed.machine.check("cat /data/ledger"))
    bed.tap.ok(not faults, f"{what}: all promised records are there", "\n".join(faults))
    errors(bed, what)


def cold_look(bed, ledger, lives):
    """A boot that comes from no snapshot mounts what the restored systems left."""
    bed.machine.check("snapctl drop --all", 60)
    bed.boot_cold()
    attach(bed)
    mount_log(bed)
    bed.machine.check("mkdir -p /data && mount -t ubifs ubi0:data /data")
    faults = ledger.compare(bed.machine.check("cat /data/ledger"))
    bed.tap.ok(not faults, "cold boot: all promised records are there", "\n".join(faults))
    bed.tap.equal(bed.machine.check("cat /log/lives").split(), lives,
                  "cold boot: the jffs2 has what each life wrote")
    errors(bed, "cold boot")
    bed.machine.check("umount /data /log; ubidetach -d 0")


def write_life(bed, life):
    bed.machine.check(f"echo {life} >>/log/lives && sync")
    return life


def flash_cuts(tap, name, cuts):
    with Bed(tap, name, cmdline=CMDLINE, cpus=2, gic=3, minimal=True) as bed:
        ledger = prepare(bed)
        hidden_user(bed)
        lives = [write_life(bed, "before")]
        mount = taken(bed, "/data", "/log")
        tap.equal(attached(bed), str(DATA), "UBI is attached again, to the same MTD device")
        lives.append(write_life(bed, "taken"))
        errors(bed, "after the take")
        bed.machine.kill()
        ledger.listen(bed.machine)
        for number in range(1, cuts + 1):
            cut(bed, number)
            ledger.listen(bed.machine)
            errors(bed, f"power cut {number} of {cuts}")
        for number in (1, 2):
            sequence = restored(bed, mount, f"restored {number} of 2")
            tap.equal(sequence, 1, "it is the same snapshot")
            lives.append(write_life(bed, f"restored-{number}"))
            if number == 1:
                ledger.listen(bed.machine)
        close_books(bed, ledger, "restored")
        tap.ok(ledger.life > cuts // 2, "each restore is a life of its own in the ledger",
               f"{ledger.life} lives")
        tap.note(f"{ledger.life} lives, {len(ledger.promised)} promised records")
        cold_look(bed, ledger, lives)


@scenario("persistent-flash", 600)
def persistent_flash(tap):
    """A persistent ubifs and a jffs2: UBI is detached, power cuts after restores, nothing lost"""
    flash_cuts(tap, "persistent-flash", CUTS)


@scenario("persistent-flash-soak", 7200, soak=True)
def persistent_flash_soak(tap):
    """100 power cuts after restores of one snapshot with a persistent ubifs"""
    flash_cuts(tap, "persistent-flash-soak", SOAK_CUTS)
