# SPDX-License-Identifier: GPL-2.0-only
"""Filesystems that are written to and kept: unmounted while a snapshot is taken, mounted
again in each life. A service keeps a ledger there; the power is cut at any time."""

import random
import re
import shutil
import subprocess
import time

from bed import RESTORE_S, Bed

from . import scenario

DISK_SIZE = 48 << 20
SBIN = "/sbin/"
LEDGER = "snapcap-ledger"
SYSTEMD_S = 120
CUTS = 5
SOAK_CUTS = 100

MOUNT_UNIT = """[Unit]
Description=Data of the snapcap tests
[Mount]
What=/dev/vdc
Where=/data
Type=ext4
Options=noatime,commit=7
"""

# Takes its time to stop, so that a signal finds the take doing that.
SLOW_UNIT = """[Unit]
RequiresMountsFor=/data
[Service]
ExecStart=/bin/sleep 1000
ExecStop=/bin/sleep 8
"""


class Disk:
    """The disk with the filesystem, as the host sees it while the machine is off."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "data.img"
        self.copy = folder / "data-copy.img"
        with open(self.path, "wb") as disk:
            disk.truncate(DISK_SIZE)
        self.tool("mke2fs", "-q", "-t", "ext4", self.path)

    @staticmethod
    def tool(name, *args):
        return subprocess.run([SBIN + name, *map(str, args)], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def look(self):
        """Return: (faults of the filesystem, text of the ledger), after its journal is replayed
        on a copy"""
        shutil.copyfile(self.path, self.copy)
        replay = self.tool("e2fsck", "-p", self.copy)
        check = self.tool("e2fsck", "-fn", self.copy)
        faults = [f"e2fsck: {run.stdout}" for run in (replay, check)
                  if run.returncode > (1 if run is replay else 0)]
        text = subprocess.run([SBIN + "debugfs", "-R", "cat /ledger", self.copy], check=False,
                              text=True, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        self.copy.unlink()
        return faults, text


class Ledger:
    """What was promised, and what is there."""

    def __init__(self, disk=None):
        self.disk = disk
        self.before = ""
        self.promised = set()
        self.life = 0

    def listen(self, machine):
        """After the power was cut."""
        self.promised |= {(int(life), int(number)) for life, number in
                          re.findall(r"^ledger (\d+) (\d+) \.$", machine.console.text, re.M)}

    def faults(self):
        """As the disk has it, while the machine is off."""
        faults, text = self.disk.look()
        return faults + self.compare(text)

    def compare(self, text):
        """Return: faults of what is in the file now"""
        faults = []
        if not text.startswith(self.before):
            faults.append(f"{len(self.before)} bytes that were there have changed")
        whole = text[:text.rfind("\n") + 1]
        records = []
        for line in whole.splitlines():
            match = re.fullmatch(r"(\d+) (\d+)", line)
            records.append((int(match[1]), int(match[2])) if match else None)
        if None in records:
            number = records.index(None)
            faults.append(f"record {number} is not one: {whole.splitlines()[number][:80]!r}")
        last = (0, 0)
        for record in filter(None, records):
            if record not in ((last[0], last[1] + 1), (last[0] + 1, 1)):
                faults.append(f"{record} comes after {last}")
                break
            last = record
        lost = sorted(self.promised - set(records))
        if lost:
            faults.append(f"{len(lost)} promised records are lost, the first is {lost[0]}")
        self.before, self.life = whole, last[0]
        return faults


def prepare(bed):
    """The filesystem, its unit, its service and the configuration."""
    disk = Disk(bed.folder / "flash")
    bed.machine.disks.append(disk.path)
    bed.boot_cold()
    start(bed, MOUNT_UNIT)
    return Ledger(disk)


def start(bed, mount_unit):
    """The service writes, and a take unmounts what it writes to."""
    machine = bed.machine
    machine.agent().put("/run/systemd/system/data.mount", mount_unit.encode())
    machine.check("mkdir -p /etc/snapcap && printf '[filesystems]\\npersistent = /data\\n"
                  f"timeout = {SYSTEMD_S}\\n' >/etc/snapcap/snapcap.conf && "
                  f"systemctl daemon-reload && systemctl start {LEDGER}", 120)
    wait_records(bed)


def wait_records(bed, count=5):
    """Until the service has written some more."""
    bed.machine.check("a=$(wc -l </data/ledger); i=0; until [ $(wc -l </data/ledger) -ge "
                      f"$((a+{count})) ]; do sleep .2; i=$((i+1)); [ $i -lt 300 ] || exit 1; done",
                      90)


def mount_line(bed):
    """Options, type and source of the mount; each mount has a peer group of its own."""
    line = bed.machine.run("grep ' /data ' /proc/self/mountinfo").stdout.split()
    return [line[5], *line[line.index("-") + 1:]] if line else []


def main_pid(bed):
    return bed.machine.check(f"systemctl show --value -p MainPID {LEDGER}").strip()


def as_before(bed, mount, what):
    faults = bed.runs_on()
    if mount_line(bed) != mount:
        faults.append(f"mounted: {mount_line(bed)}, should be {mount}")
    state = bed.machine.run(f"systemctl is-active data.mount {LEDGER}").stdout.split()
    if state != ["active", "active"]:
        faults.append(f"data.mount and {LEDGER} are {state}")
    else:
        wait_records(bed)
    bed.tap.ok(not faults, what, "\n".join(faults))


def refusals(bed):
    """Each ends with all as before."""
    tap, machine = bed.tap, bed.machine
    mount, pid = mount_line(bed), main_pid(bed)

    machine.agent().start("cd /data && exec sleep 1001", 0)
    machine.check("until pidof sleep; do sleep .1; done", 20)
    stranger = machine.check("pidof sleep").strip()
    take = bed.take()
    tap.ok(take.code == 5 and take.cause == "fs-busy", "a process without a unit: refused", take)
    tap.ok(f"process {stranger} (sleep)" in take.err and "cwd" in take.err,
           "the message has its number, name and how", take.err)
    tap.equal(main_pid(bed), pid, "no service was stopped for that")
    as_before(bed, mount, "a process without a unit: all is as before")
    machine.check(f"kill {stranger}")

    machine.agent().start("exec unshare -m --propagation private sleep 1002", 0)
    machine.check("until pidof sleep; do sleep .1; done", 20)
    stranger = machine.check("pidof sleep").strip()
    take = bed.take()
    tap.ok(take.code == 13 and take.cause == "filesystems" and f"PID {stranger} (sleep)" in
           take.err and "mount namespace" in take.err,
           "mounted in another mount namespace: refused, naming its process", take)
    as_before(bed, mount, "another mount namespace: all is as before")
    machine.check(f"kill {stranger}")

    machine.agent().put("/run/systemd/system/slow.service", SLOW_UNIT.encode())
    machine.check("systemctl daemon-reload && systemctl start slow", 60)
    machine.check("rm -f /run/take.*")
    machine.agent().start("snapctl take --json >/run/take.json 2>/run/take.err; "
                          "echo $? >/run/take.code", 0)
    machine.check("until [ $(systemctl is-active slow) = deactivating ]; do sleep .1; done; "
                  "kill -INT $(pidof snapctl)", 60)
    take = bed.take_result(90)
    tap.ok(take.code == 130 and take.cause == "cancelled", "Ctrl-C while units stop", take)
    as_before(bed, mount, "Ctrl-C while units stop: all is as before")
    tap.equal(machine.run("systemctl is-active slow").stdout.strip(), "active",
              "so is the unit that was to stop")
    machine.check("systemctl kill -s KILL slow; systemctl stop slow; "
                  "rm /run/systemd/system/slow.service; systemctl daemon-reload", 60)


def taken(bed, *mounts):
    """The snapshot, and the life that goes on; all of the mount points are listed."""
    tap = bed.tap
    mount, pid = mount_line(bed), main_pid(bed)
    # Not on trial: most lives end before one could say that it is well.
    take = bed.must_take("--tries 0",
                         "a snapshot is taken with the filesystem unmounted meanwhile")
    files = take.json.get("filesystems") or {}
    tap.equal(sorted(m["mount_point"] for m in files.get("mounts", [])), sorted(mounts),
              "its JSON names it")
    tap.equal([u["name"] for u in files.get("units", [])], [f"{LEDGER}.service"], "and its unit")
    tap.ok(all(m["mounted"] for m in files["mounts"]), "it says that it is there again", files)
    tap.note(f"unmounted in {files['unmount_ns'] // 1000000} ms, back in "
             f"{files['mount_ns'] // 1000000} ms")
    tap.ok(main_pid(bed) != pid, "the service was started again")
    as_before(bed, mount, "after the take it is mounted as before, and the service writes")
    return mount


def cut(bed, number):
    """A restore, and the power fails: somewhere in it, or when the service has begun."""
    machine = bed.machine
    machine.start()
    pattern = r"^ledger \d+ \d+ \.$" if number % 2 else r"bootstub: snapshot \d+ at"
    machine.wait_console(pattern, RESTORE_S * bed.patience)
    time.sleep(random.uniform(0.2, 3.0))
    found = machine.problems()
    machine.kill()
    bed.tap.ok(not found, f"power cut {number}: the kernel did not complain before",
               "\n".join(found))


def restored(bed, mount, what):
    """When take has ended, all is there. Return: sequence number of the snapshot"""
    bed.restore()
    status = bed.restored_points(f"{what}: exit code 10, status, log", workload=False)
    as_before(bed, mount, f"{what}: it is mounted as before, and the service writes")
    return status["boot"]["sequence"]


def ledger_cuts(tap, name, cuts):
    with Bed(tap, name, cpus=2, gic=3) as bed:
        ledger = prepare(bed)
        if cuts == CUTS:
            refusals(bed)
        mount = taken(bed, "/data")
        bed.machine.kill()
        ledger.listen(bed.machine)
        faults = ledger.faults()
        tap.ok(not faults, "power cut after the take: clean, and all records there",
               "\n".join(faults))
        for number in range(1, cuts + 1):
            cut(bed, number)
            ledger.listen(bed.machine)
            faults = ledger.faults()
            tap.ok(not faults, f"power cut {number} of {cuts}: clean, and all records there",
                   "\n".join(faults))
        sequence = restored(bed, mount, "restored")
        tap.equal(sequence, 1, "it is the same snapshot")
        if cuts == CUTS:
            bed.must_take_two_pass()
            as_before(bed, mount, "two passes: it is mounted as before, and the service writes")
            restored(bed, mount, "two passes, restored")
            bed.machine.kill()
            ledger.listen(bed.machine)
            faults = ledger.faults()
            tap.ok(not faults, "two passes: clean, and all records there", "\n".join(faults))
        tap.ok(ledger.life > cuts // 2, "each restore is a life of its own in the ledger",
               f"{ledger.life} lives")
        tap.note(f"{ledger.life} lives, {len(ledger.promised)} promised records")


@scenario("persistent", 900)
def persistent(tap):
    """A persistent ext4: refusals, take, power cuts after restores, nothing lost"""
    ledger_cuts(tap, "persistent", CUTS)


@scenario("persistent-soak", 7200, soak=True)
def persistent_soak(tap):
    """100 power cuts after restores of one snapshot with a persistent ext4"""
    ledger_cuts(tap, "persistent-soak", SOAK_CUTS)
