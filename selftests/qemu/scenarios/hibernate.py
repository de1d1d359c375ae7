# SPDX-License-Identifier: GPL-2.0-only
"""A snapshot for a single use, with an ext4 that stays mounted for writing."""

import shutil
import subprocess

import flash
from bed import BOOT_S, RESTORE_S, TAKE_S, Bed
from image import Image

from . import scenario

DISK_MIB = 64
# Writes in the first life only, when memory has been captured: what the disk must not see.
LATE_WRITER = """(while read -r s </sys/class/misc/snapcap/state; do
case $s in
prepared) echo stale >/data/stale; sync; exit ;;
boot) exit ;;
esac
sleep .02
done) >/dev/null 2>&1 &"""
SBIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def make_ext4(bed):
    path = bed.folder / "flash" / "data.img"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-F", path, f"{DISK_MIB}M"], check=True,
                   env=SBIN, stdout=subprocess.DEVNULL)
    return path


def is_clean(tap, bed, path, what):
    """As the next mount makes it: the journal is replayed first, in a copy.
    Return: what is in its top directory"""
    copy = bed.folder / "flash" / "copy.img"
    shutil.copyfile(path, copy)
    subprocess.run(["e2fsck", "-p", copy], env=SBIN, stdout=subprocess.DEVNULL)
    job = subprocess.run(["e2fsck", "-fn", copy], env=SBIN, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    tap.ok(job.returncode == 0, what, job.stdout)
    names = subprocess.run(["debugfs", "-R", "ls -p /", copy], env=SBIN, text=True, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    copy.unlink()
    return [line.split("/")[5] for line in names.splitlines() if line.count("/") > 5]


def snapshot_word(bed):
    """The word of the commit mark that tells whether it counts, of the one at the start."""
    return Image(bed.flash, flash.SNAPSHOT_OFFSET).commit[40:48]


@scenario("hibernate", 400)
def hibernate(tap):
    """Data written after the last sync survives once; a second power-on boots cold"""
    with Bed(tap, "hibernate", cpus=2, gic=3, minimal=True) as bed:
        path = make_ext4(bed)
        bed.machine.disks.append(path)
        bed.boot_cold()
        machine = bed.machine
        machine.check("mkdir -p /data && mount /dev/vdc /data && echo synced >/data/synced && sync")
        job = machine.run("snapctl hibernate --dry-run", TAKE_S)
        tap.equal(job.code, 0, "a dry run succeeds", job)
        machine.check("echo thawed >/data/thawed", 10)
        machine.check("echo late >/data/late; echo open >/run/life; rm -f /run/take.*; "
                      "exec 3>/data/held; (echo one >&3; "
                      "while [ ! -e /run/go ]; do sleep .1; done; echo two >&3) >/dev/null 2>&1 &")
        machine.check(LATE_WRITER)
        machine.agent().start("snapctl hibernate --slot 0 --json >/run/take.json 2>/run/take.err; "
                              "echo $? >/run/take.code", 0)
        machine.wait_exit(TAKE_S)
        tap.equal(bytes(snapshot_word(bed)), b"\xff" * 8,
                  "it powers off with the snapshot on flash")
        names = is_clean(tap, bed, path, "the filesystem is clean then")
        tap.ok("late" in names and "stale" not in names,
               "and nothing was written to it after the capture", names)

        machine.start()
        bed.ready(RESTORE_S)
        bed.restored_points("the next power-on restores it", workload=False)
        tap.equal(bytes(snapshot_word(bed)), bytes(8), "it was marked as used")
        machine.check("touch /run/go; i=0; until grep -q two /data/held; do sleep .1; i=$((i+1)); "
                      "[ $i -lt 100 ] || exit 1; done; echo after >/data/after; sync", 60)
        tap.equal(machine.check("cat /data/late /data/held").split(), ["late", "one", "two"],
                  "what was written after the last sync is there, the open file goes on")

        machine.power_cycle()
        bed.ready(BOOT_S)
        boot = bed.status()["boot"]
        tap.ok(boot["boot"] == "cold" and boot["reason_name"] == "revoked",
               "a second power-on boots cold", boot)
        machine.check("mkdir -p /data && mount /dev/vdc /data")
        tap.equal(machine.check("cd /data && cat synced late held after").split(),
                  ["synced", "late", "one", "two", "after"], "the filesystem has all of it")
        tap.ok(machine.run("test -e /data/stale").code, "and nothing of the life that ended")
        machine.kill()
        is_clean(tap, bed, path, "it is clean")
