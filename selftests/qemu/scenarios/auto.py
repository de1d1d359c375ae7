# SPDX-License-Identifier: GPL-2.0-only
"""A device that looks after itself: the unit that takes a snapshot at the end of a boot
when there is none, and apt, whose hook drops it before anything is changed."""

import json
import subprocess
import time

import flash
import parts
from bed import RESTORE_S, TAKE_S, Bed
from machine import MachineError

from . import scenario

UNIT = "snapcap-take.service"
COUNTER = "snapcap-restored-test.service"
# As "systemctl enable" does, on a root that forgets it.
WANT = f"systemd.wants={UNIT} systemd.wants=snapcap-enable-test.service"
APT = ("apt-get -q -y -o APT::Sandbox::User=root --no-install-recommends "
       "install /run/snapcap-sample.deb 2>&1")
UNPACKING = "/run/at-unpack"

PREINST = f"""#!/bin/sh
# Runs before dpkg unpacks the package.
snapctl list --json >{UNPACKING}.tmp && mv {UNPACKING}.tmp {UNPACKING}
while [ -e /run/wait-here ]; do sleep .1; done
exit 0
"""

CONTROL = """Package: snapcap-sample
Version: 1
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: a package for a test
"""


def sample_package(bed):
    """A package with one file, and a script that tells what it finds."""
    tree = bed.folder / "package"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(CONTROL)
    (tree / "DEBIAN/preinst").write_text(PREINST)
    (tree / "DEBIAN/preinst").chmod(0o755)
    (tree / "usr/share/snapcap-sample").mkdir(parents=True)
    (tree / "usr/share/snapcap-sample/here").write_text("installed\n")
    output = bed.folder / "sample.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, output], check=True,
                   stdout=subprocess.DEVNULL)
    return output.read_bytes()


def prepare_apt(bed):
    """The root has dpkg only, and forgets at each cold boot what was added."""
    bed.machine.check("mount -t squashfs -o ro /dev/vdc /mnt && cp -an /mnt/usr / && "
                      "umount /mnt && mkdir -p /var/lib/apt/lists/partial "
                      "/var/cache/apt/archives/partial /var/log/apt && ldconfig", 120)
    bed.machine.agent().put("/run/snapcap-sample.deb", sample_package(bed)
                            if not (bed.folder / "sample.deb").exists()
                            else (bed.folder / "sample.deb").read_bytes())
    bed.machine.check(f"rm -f {UNPACKING}")


def installed(bed):
    return bed.machine.run("test -e /usr/share/snapcap-sample/here").code == 0


def valid(bed):
    """Sequence numbers of the snapshots that the loader would restore."""
    listed = json.loads(bed.machine.check("snapctl list --json", 60))
    return [entry["image"]["sequence"] for entry in listed["snapshots"]
            if entry["state"] == "valid"]


def unit(bed):
    """What systemd says of the unit."""
    text = bed.machine.check(f"systemctl show {UNIT} -p ActiveState -p Result -p ExecMainStatus "
                             "-p ConditionResult")
    return dict(line.split("=", 1) for line in text.splitlines())


def settled(bed):
    """Waits for the end of the boot, with all that was to be started. Return: the unit"""
    end = time.monotonic() + TAKE_S
    while time.monotonic() < end:
        jobs = bed.machine.run("systemctl list-jobs --no-legend").stdout.strip()
        if not jobs and unit(bed)["ActiveState"] not in ("activating", "deactivating"):
            return unit(bed)
        time.sleep(0.5)
    raise MachineError(f"{UNIT} did not come to an end; jobs: {jobs}\n{unit(bed)}")


def took_by_itself(tap, bed, what):
    bed.boot_cold()
    state = settled(bed)
    status = bed.status()
    tap.ok(status["boot"]["boot"] == "cold" and status["state"] == "taken"
           and len(valid(bed)) == 1 and state["Result"] == "success", what,
           f"{state}\nstate {status['state']}, valid {valid(bed)}\n"
           + bed.machine.run(f"journalctl --no-pager -u {UNIT}").stdout)
    job = bed.machine.run(f"systemctl is-enabled {COUNTER}; test -e /run/restored")
    tap.ok(job.code and job.stdout.split() == ["enabled-runtime"],
           f"{what}: what waits for restores is enabled, and has not run", job)


def skipped(tap, bed, result, what):
    """Started again it does nothing."""
    before = valid(bed)
    bed.machine.run(f"systemctl start {UNIT}", TAKE_S)
    state = unit(bed)
    tap.ok(state["Result"] == result and valid(bed) == before, what, f"{state}, {valid(bed)}")


def target_reached(tap, bed, what):
    """What hangs on snapcap-restored.target has run for this restore, and for no other."""
    bed.machine.run("i=0; until [ -s /run/restored ]; do sleep .1; i=$((i+1)); "
                    "[ $i -lt 300 ] || exit 1; done; sleep 1", 60)
    now = bed.machine.check("cat /sys/class/misc/snapcap/generation").split()
    ran = bed.machine.run("cat /run/restored").stdout.split()
    target = bed.machine.run("systemctl is-active snapcap-restored.target").stdout.strip()
    tap.ok(ran == now and target == "active", what, f"generation {now}, ran for {ran}, {target}")
    return now


def confirmed_by_itself(tap, bed):
    """Nobody but snapcap-confirm.service can have done it."""
    bed.machine.run("i=0; until snapctl status --json | grep -q '\"confirmed\"'; do sleep .1; "
                    "i=$((i+1)); [ $i -lt 300 ] || exit 1; done", 60)
    job = bed.machine.run("systemctl show -P Result -P ExecMainStatus -P ExecMainExitTimestamp "
                          "snapcap-confirm.service")
    listed = json.loads(bed.machine.check("snapctl list --json"))["snapshots"]
    tap.equal((bed.status()["trial"], [entry["trial"]["state"] for entry in listed]),
              ({"state": "confirmed", "tries": 0, "limit": 3}, ["confirmed"]),
              "restored: snapcap-confirm.service has confirmed it by itself", job)


def restored_by_itself(tap, bed):
    bed.restore()
    first = target_reached(tap, bed, "restored: snapcap-restored.target is reached, and a unit "
                           "that hangs on it ran once")
    confirmed_by_itself(tap, bed)
    bed.restore()
    second = target_reached(tap, bed, "restored again: it ran once")
    tap.ok(first != second, "for another generation", second)
    state = settled(bed)
    status = bed.status()
    tap.ok(status["state"] == "boot" and status["boot"]["sequence"] == 1,
           "the next power-on restores it", status["boot"])
    tap.ok(state["Result"] == "success" and state["ExecMainStatus"] == "10"
           and state["ActiveState"] == "inactive",
           "the unit ends well in the restored system", state)
    skipped(tap, bed, "exec-condition", "started again in the restored system it takes nothing")


def checked_files(tap, bed):
    job = bed.machine.run(f"systemd-analyze verify --man=no {UNIT}")
    tap.ok(not job.code and not (job.stdout + job.stderr).strip(),
           "systemd-analyze verify is silent", job)
    job = bed.machine.run(f"systemctl enable --quiet {UNIT} && systemctl daemon-reload && "
                          f"systemd-analyze verify --man=no multi-user.target {UNIT}")
    tap.ok(not job.code and "cycle" not in job.stdout + job.stderr,
           "enabled, there is no cycle", job)
    job = bed.machine.run(f"systemctl preset {UNIT}; ls /etc/systemd/system/*.wants")
    tap.ok(UNIT not in job.stdout, "the preset does not enable it", job)


def apt_is_refused(tap, bed):
    """While a take runs the snapshot cannot be dropped: nothing is changed."""
    bed.held_take("check", hold_ms=60000)
    job = bed.machine.run(APT, 120)
    tap.ok(job.code and "nothing is updated" in job.stdout and not installed(bed)
           and bed.machine.run(f"test -e {UNPACKING}").code,
           "apt ends before dpkg when the snapshot cannot be dropped, and says so", job)
    bed.machine.run("snapctl cancel")
    bed.release_take()
    bed.take_result(TAKE_S)
    tap.equal(valid(bed), [1], "the snapshot is still there")


def apt_is_cut(tap, bed):
    """The power is cut when dpkg begins to unpack."""
    bed.machine.check("touch /run/wait-here")
    bed.machine.agent().start(APT, 0)
    bed.machine.check(f"i=0; while [ ! -e {UNPACKING} ]; do sleep .1; i=$((i+1)); "
                      "[ $i -lt 600 ] || exit 1; done", 120)
    found = json.loads(bed.machine.check(f"cat {UNPACKING}"))
    states = [entry["state"] for entry in found["snapshots"]]
    tap.ok("revoked" in states and "valid" not in states,
           "when dpkg unpacks there is no snapshot any more", states)
    bed.machine.kill()


def apt_updates(tap, bed):
    job = bed.machine.run(APT, 120)
    tap.ok(not job.code and installed(bed), "apt installs the package", job)
    tap.equal(valid(bed), [], "and there is no snapshot any more")


def shutdown_waits(tap, bed):
    """While the unit writes a snapshot nobody switches off by mistake."""
    machine = bed.machine
    machine.check("rm /etc/snapcap/off")
    bed.hold_at("write", lambda: machine.check(f"systemctl start --no-block {UNIT}"))
    job = machine.run("systemd-inhibit --list --no-legend --no-pager")
    tap.ok(any("snapcap" in line and "shutdown" in line and "block" in line
               for line in job.stdout.splitlines()), "shutdown is inhibited while it writes", job)
    job = machine.run("systemctl --check-inhibitors=yes poweroff", 60)
    tap.ok(job.code and "snapcap" in job.stdout + job.stderr,
           "so it is refused, naming who inhibits it", job)
    bed.release_take()
    state = settled(bed)
    tap.ok(state["Result"] == "success" and valid(bed), "the snapshot is written", state)
    job = machine.run("systemd-inhibit --list --no-legend --no-pager")
    tap.ok("snapcap" not in job.stdout, "then nothing is inhibited any more", job)
    machine.check("snapctl drop --all")


def switch_off(bed):
    """Another command line, as if the one in flash had been changed."""
    bed.flash.erase(flash.OS_OFFSET, flash.SNAPSHOT_OFFSET - flash.OS_OFFSET)
    flash.install(bed.flash, flash.OS_OFFSET, bed.kernel, f"{bed.cmdline} snapcap=off")


@scenario("auto-take", 900)
def auto_take(tap):
    """The unit takes a snapshot at the end of a boot, once; apt drops it; snapcap=off"""
    with Bed(tap, "auto-take", cpus=2, gic=3, cmdline=WANT, confirm=False,
             disks=[parts.apt_image()]) as bed:
        took_by_itself(tap, bed, "a system without a snapshot takes one by itself")
        restored_by_itself(tap, bed)
        checked_files(tap, bed)
        prepare_apt(bed)
        apt_is_refused(tap, bed)
        apt_is_cut(tap, bed)

        took_by_itself(tap, bed, "power cut in an update: cold boot, which takes anew")
        bed.machine.agent().start("snapctl reboot --cold --force", 0)
        bed.machine.restarted(RESTORE_S)
        bed.ready(TAKE_S)
        state = settled(bed)
        tap.ok(bed.status()["state"] == "none" and state["Result"] == "exec-condition",
               "a cold boot with a valid snapshot takes nothing", state)
        bed.machine.check("mkdir -p /etc/snapcap && touch /etc/snapcap/off")
        skipped(tap, bed, "exec-condition", "/etc/snapcap/off turns it off")
        tap.equal(unit(bed)["ConditionResult"], "no", "by a condition of the unit")
        prepare_apt(bed)
        apt_updates(tap, bed)
        shutdown_waits(tap, bed)

        bed.machine.kill()
        switch_off(bed)
        bed.machine.start()
        bed.ready(TAKE_S)
        state = settled(bed)
        tap.ok(bed.status()["state"] == "none" and state["ConditionResult"] == "no"
               and not valid(bed), "with snapcap=off there is no take", state)
        tap.equal(bed.machine.run("snapctl wanted").code, 12, "snapctl wanted says no")
