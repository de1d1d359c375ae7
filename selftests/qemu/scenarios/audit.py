# SPDX-License-Identifier: GPL-2.0-only
"""What snapctl audit finds on a whole Debian system."""

import json
from errno import EBUSY

from bed import Bed

from . import scenario

FOUND = 9
SWITCHES = ("/sys/power/pm_print_times", "/sys/power/pm_debug_messages")
# Drivers of QEMU's virt machine that need nothing, as Documentation/audit.rst says.
FINE = "--ignore pci-host-generic --ignore physmap-flash"
# What a dry run must leave as it is.
SEEN = ("cat /sys/class/misc/snapcap/state /sys/class/misc/snapcap/sequence; nproc; "
        "systemctl is-system-running; systemctl list-units --failed --no-legend; "
        f"cat {' '.join(SWITCHES)}; md5sum </dev/mtd2")


def audit(bed, args=""):
    """Return: exit code, JSON"""
    job = bed.machine.run(f"snapctl audit --json {args} 2>/dev/null", 120)
    try:
        return job.code, json.loads(job.stdout)
    except ValueError:
        return job.code, {}


def device(found, driver):
    """The first device with this driver."""
    for entry in found.get("devices", []):
        if entry["driver"] == driver:
            return entry
    return {}


def known_drivers(tap, bed):
    """The system as it is: what is bound there, and what each does."""
    before = bed.machine.check(SEEN)
    code, found = audit(bed, FINE)
    tap.equal(code, 0, "nothing is found on the system as it is", found)
    tap.equal(bed.machine.check(SEEN), before,
              "flash, state, services, CPUs and the kernel's switches are as before")
    tap.ok(not bed.runs_on(), "the system runs on", bed.runs_on())

    tap.ok(found["dry_run"]["ok"] and found["dry_run"]["frozen_ns"] > 0, "the dry run went well",
           found["dry_run"])
    tap.ok(found["take"]["possible"], "a take would be tried", found["take"])
    for driver, verdict in (("virtio-mmio", "restored"), ("virtio_blk", "restored"),
                            ("virtio_net", "restored"), ("virtio_console", "restored"),
                            ("uart-pl011", "restored"), ("rtc-pl031", "by-child"),
                            ("alarmtimer", "nothing"), ("pci-host-generic", "ignored")):
        tap.equal(device(found, driver).get("verdict"), verdict, f"{driver} is {verdict}")
    bound = bed.machine.check("ls -d /sys/bus/*/devices/*/driver | wc -l").strip()
    tap.equal(found["sum"]["bound"], int(bound), "every bound device is there")

    times = [(entry.get("times") or {}) for entry in found["devices"]
             if entry["driver"] == "virtio-mmio"]
    tap.ok(times and all(t.get("freeze", 0) > 0 and t.get("thaw", 0) > 0 for t in times),
           "the virtio devices took their time, to freeze and to thaw", times)
    phases = found["dry_run"]["phases_us"]
    tap.ok(all(us > 0 for us in phases.values()) and len(phases) == 6, "every phase took its time",
           phases)
    tap.ok(not found["dry_run"]["times_lost"] and
           all(call["phase"] != "unknown" for call in found["dry_run"]["calls"]),
           "every call has its phase", found["dry_run"]["calls"])

    text = bed.machine.run(f"snapctl audit {FINE}", 120)
    tap.ok(text.code == 0 and text.stdout.startswith("Nothing found") and
           max(map(len, text.stdout.splitlines())) <= 80, "the text has the verdict first, and "
           "80 columns", text)


def bad_drivers(tap, bed):
    """A driver without callbacks, and one that refuses in each phase."""
    bed.machine.check("modprobe snapcap_bare && modprobe snapcap_refuse")
    code, found = audit(bed, FINE)
    tap.equal(code, FOUND, "a driver without callbacks is found", found.get("sum"))
    bare = device(found, "snapcap-bare")
    tap.ok(bare.get("verdict") == "lost" and bare.get("module") == "snapcap_bare" and
           not bare.get("driver_callbacks"), "it would lose its state", bare)
    tap.equal(device(found, "snapcap-refuse").get("verdict"), "stopped",
              "one with freeze and no restore is told from it")
    tap.equal(found.get("sum", {}).get("lost"), 1, "no other driver is listed with it")
    code, found = audit(bed, f"{FINE} --ignore snapcap-bare --ignore snapcap-refuse --no-dry-run")
    tap.ok(code == 0 and found.get("dry_run") is None, "what is ignored is not found", found)

    bed.machine.check("echo 1 >/sys/module/snapcap_refuse/parameters/refuse")
    for phase in ("prepare", "freeze", "late", "noirq"):
        bed.machine.check(f"echo {phase} >/sys/module/snapcap_refuse/parameters/phase")
        before = bed.machine.check(SEEN)
        code, found = audit(bed)
        run = found.get("dry_run") or {}
        tap.ok(code == FOUND and (run.get("cause") or {}).get("name") == "device" and
               run.get("name") == "snapcap-refuse", f"who refuses is named ({phase})", run)
        if phase != "prepare":
            refused = device(found, "snapcap-refuse")
            tap.ok(refused.get("failed_errno") == EBUSY and refused.get("failed_callback"),
                   f"and so is the callback ({phase})", refused)
        tap.equal(bed.machine.check(SEEN), before, f"all is as before ({phase})")
    text = bed.machine.run("snapctl audit -q", 120)
    tap.ok("a device refused to suspend: snapcap-refuse" in text.stdout, "the verdict says it, too",
           text)
    bed.machine.check("rmmod snapcap_refuse snapcap_bare")


def interrupted(tap, bed):
    """Ended from outside while it runs, in two ways."""
    hold = "/sys/kernel/debug/snapcap"
    bed.machine.check("mountpoint -q /sys/kernel/debug || mount -t debugfs d /sys/kernel/debug")
    for signal, code in (("INT", 130), ("KILL", 137)):
        bed.machine.check(f"echo 1 >{hold}/hold_stage; echo 10000 >{hold}/hold_ms")
        job = bed.machine.run(
            "snapctl audit >/run/audit.out 2>&1 & pid=$!; "
            f"until [ $(cat {hold}/held) = 1 ]; do sleep .05; done; "
            f"cat {SWITCHES[0]}; kill -{signal} $pid; wait $pid; echo $?", 60)
        tap.equal(job.stdout.split(), ["1", str(code)], f"SIG{signal} ends it", job)
        bed.release_take()
        left = bed.machine.run(f"i=0; while grep -q 1 {' '.join(SWITCHES)} && [ $i -lt 100 ]; do "
                               f"sleep .05; i=$((i+1)); done; cat {' '.join(SWITCHES)}")
        tap.equal(left.stdout.split(), ["0", "0"], f"SIG{signal}: the switches are set back")


@scenario("audit", 600)
def audit_debian(tap):
    """What a take and a restore would do to the drivers; dry run; nothing written"""
    with Bed(tap, "audit", cpus=2, gic=3) as bed:
        bed.boot_cold()
        known_drivers(tap, bed)
        bad_drivers(tap, bed)
        interrupted(tap, bed)
        bed.must_take(what="a take works after all this")
        before = bed.status()
        code, _ = audit(bed, FINE)
        tap.equal(code, 0, "an audit after a take finds nothing")
        tap.equal(bed.status()["last_take"], before["last_take"], "the last take is still the last")
        bed.restore()
        bed.restored_points("the snapshot is restored", workload=False)
        code, found = audit(bed, FINE)
        tap.equal(code, 0, "an audit of a restored system finds nothing", found.get("sum"))
