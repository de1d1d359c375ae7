# SPDX-License-Identifier: GPL-2.0-only
"""Takes in two passes, as snapctl does them: page-out, settle time, hot set, and
everything as before when one ends early."""

import base64
import json
import struct

import parts
from bed import Bed

from . import scenario

SWAP = "/dev/snapcap_swap"
# On tmpfs, so a part of memory; nobody reads it before the restore. 27 MiB.
COLD = "/run/cold"
COLD_COUNT = 3500000
EVENT = struct.Struct("<IIIIQQ")
NOTE_STATE, NOTE_READY = 1, 4
PASS1, PASS2, PREPARED, TAKEN = 1, 2, 3, 4
NONE = 0


def swaps(machine):
    """Path and priority of what is on."""
    lines = machine.check("cat /proc/swaps").splitlines()[1:]
    return [(line.split()[0], int(line.split()[-1])) for line in lines]


def pager(bed):
    return bed.status()["pager"]


def begin_take(bed, args):
    bed.forget_take()
    bed.machine.agent().start(f"snapctl take --json --two-pass {args} >/run/take.json "
                              "2>/run/take.err; echo $? >/run/take.code", 0)


def wait_settle(bed):
    """Until the take waits for the applications."""
    bed.machine.check("i=0; while ! grep -q settle: /run/take.err; do sleep .1; i=$((i+1)); "
                      "[ $i -lt 600 ] || { cat /run/take.err; exit 1; }; done", 90)


def make_cold_data(bed):
    bed.machine.check(f"seq {COLD_COUNT} >{COLD} && md5sum {COLD} >{COLD}.md5", 60)


def as_before(bed, what, before=()):
    """The swap areas are those of before, the device is gone, the system goes on."""
    faults = bed.runs_on()
    # What Debian's kernel begins with.
    settings = bed.machine.check("cat /proc/sys/vm/page-cluster /proc/sys/vm/swappiness").split()
    if settings != ["3", "60"]:
        faults.append(f"vm.page-cluster and vm.swappiness: {settings}")
    if swaps(bed.machine) != list(before):
        faults.append(f"swap: {swaps(bed.machine)}")
    if bed.machine.run(f"test -e {SWAP}").code == 0:
        faults.append(f"{SWAP} is there")
    if pager(bed)["set_up"]:
        faults.append("the module has its swap device")
    report = bed.ask()
    if not report.startswith("ok "):
        faults.append(f"workload: {report}")
    cold = bed.machine.run(f"md5sum -c {COLD}.md5", 60)
    if cold.code:
        faults.append(f"cold data: {cold}")
    bed.tap.ok(not faults, what, "\n".join(faults))


def failed_points(bed, code, cause, what, before=()):
    """The take has failed, or will at once."""
    take = bed.take_result(90)
    bed.tap.ok(take.code == code and take.cause == cause, what, str(take))
    as_before(bed, f"{what}: swap and system are as before", before)
    return take


def interruptions(bed):
    tap, machine = bed.tap, bed.machine
    begin_take(bed, "--settle=500")
    wait_settle(bed)
    tap.equal(swaps(machine), [(SWAP, 32767)], "in the settle time Linux swaps to the device first")
    used = pager(bed)["used_pages"]
    tap.ok(used > 5000, "memory went there", f"{used} pages")
    tap.note(f"{used} pages paged out")
    # The whole command line of the agent's shell has these words, too.
    machine.check("kill -INT $(pidof snapctl)")
    failed_points(bed, 130, "cancelled", "Ctrl-C in the settle time")

    # In page-out, PASS1 and what comes behind, wherever that is then.
    for seconds in (0, 1, 3):
        begin_take(bed, "--settle=500")
        # Its first words are those of the page-out.
        machine.check(f"until [ -s /run/take.err ]; do sleep .05; done; sleep {seconds}; "
                      "kill -INT $(pidof snapctl)", 60)
        failed_points(bed, 130, "cancelled", f"Ctrl-C {seconds} s after the page-out began")

    begin_take(bed, "--settle=500")
    wait_settle(bed)
    for options in ("--two-pass", ""):
        job = machine.run(f"snapctl take {options} --json")
        tap.ok(job.code == 5 and json.loads(job.stdout)["error"]["name"] == "busy",
               f"another take ({options or 'one pass'}) is refused meanwhile", job)
    machine.check("snapctl cancel")
    failed_points(bed, 130, "cancelled", "snapctl cancel in the settle time")


def warm_commands(bed):
    begin_take(bed, "--warm 'sleep 1000 & exit 7'")
    take = failed_points(bed, 8, "warm-failed", "a warm command that fails ends the take")
    bed.tap.ok("exit code 7" in take.err, "the message has its exit code", take.err)
    begin_take(bed, "--warm 'sleep 1000; true' --warm-timeout 4")
    failed_points(bed, 8, "warm-timeout", "a warm command without an end ends the take")
    bed.tap.equal(bed.machine.run("pidof sleep").stdout.strip(), "", "none of them is left")


def read_events(bed):
    data = base64.b64decode(bed.machine.check("base64 /run/events"))
    return [EVENT.unpack_from(data, at) for at in range(0, len(data) - EVENT.size + 1, EVENT.size)]


def ready_take(bed):
    """snapctl ready ends the settle time; events and states of a whole take."""
    tap, machine = bed.tap, bed.machine
    machine.agent().start("cat /dev/snapcap >/run/events", 0)
    begin_take(bed, "--settle=500")
    wait_settle(bed)
    # What a user of the device does.
    machine.wait_http(machine.age + 60)
    ready = json.loads(machine.check("snapctl ready --json", 60))
    hot = ready["hot_set"] or {}
    tap.ok(hot.get("pages", 0) > 0 and hot.get("processes"), "ready measures a hot set", ready)
    take = bed.take_result(120)
    passes = take.json.get("two_pass") or {}
    if not tap.ok(take.code == 0 and passes.get("settle", {}).get("end") == "ready",
                  "snapctl ready ends the settle time, and the snapshot is taken", take):
        machine.fail("no snapshot")
    tap.note(f"PASS1: {json.dumps(passes['pass1'])}")
    tap.note(f"resident {take.status['stream_pages']} pages, pageable "
             f"{take.status['pageable_pages']}, {take.status['image_bytes'] >> 10} KiB on flash, "
             f"of it {take.status['pageable_bytes'] >> 10} KiB pageable")
    tap.ok(take.status["pageable_pages"] > 5000, "pages stay on flash", take)
    machine.check("kill $(pidof cat)")
    events = read_events(bed)
    states = [event[1] for event in events if event[0] == NOTE_STATE]
    tap.equal(states, [PASS1, NONE, PASS2, PREPARED, TAKEN], "the states of the model, in order")
    tap.equal(sum(event[0] == NOTE_READY for event in events), 1, "READY is an event")
    tap.equal(swaps(machine), [(SWAP, 32767)], "after the take the device stays on")
    tap.ok(bed.ask().startswith("ok "), "the workload goes on after the take")
    tap.equal(machine.check("stat -c %a /run/snapcap/hot.json").strip(), "600",
              "only root reads the hot set")


def restored_points(bed, what, pageable=True):
    """As always, and the cold data comes from flash, unchanged."""
    seconds = bed.restore()
    status = bed.restored_points(what)
    before = status["pager"]
    cold = bed.machine.run(f"md5sum -c {COLD}.md5", 120)
    bed.tap.equal(cold.code, 0, f"{what}: cold data is unchanged", str(cold))
    after = pager(bed)
    bed.tap.note(f"page after {seconds:.2f} s; {status['boot']['bytes_stored'] >> 10} KiB read by "
                 f"the loader; {before['demand_reads']} pages read since, "
                 f"{after['demand_reads']} with the cold data")
    if not pageable:
        bed.tap.equal((after["pageable_pages"], after["demand_reads"]), (0, 0),
                      f"{what}: nothing was left on flash")
        return status
    read = after["demand_reads"] - before["demand_reads"]
    bed.tap.ok(before["pageable_pages"] > 5000 and read > 1000 and not after["bad_pages"],
               f"{what}: pages come from flash as they are needed", after)
    return status


def trial_and_hot(bed):
    tap, machine = bed.tap, bed.machine
    bed.restore()
    machine.wait_http(machine.age + 20)
    ready = json.loads(machine.check("snapctl ready --json", 60))
    tap.ok(ready["hot_set"] and ready["hot_set"]["pages"] > 0,
           "a trial restore: ready measures the hot set", ready)
    status = pager(bed)
    tap.ok(status["ready_ns"] > 0 and not status["recording"], "and the time to it", status)
    take = bed.must_take("--two-pass --hot", "its hot set is in the next snapshot")
    hot = take.json["two_pass"]["hot"]
    tap.ok(hot["fetched_pages"] >= ready["hot_set"]["pages"] * 9 // 10 and
           hot["processes"] > 3, "its pages were fetched", hot)
    tap.equal(take.json["two_pass"]["settle"]["end"], "none", "no settle time is needed")


@scenario("two-pass", 1500)
def two_pass(tap):
    """Two passes: interrupted, warm command, ready, restored, hot set, fill, no paging"""
    with Bed(tap, "two-pass", cpus=2, gic=3) as bed:
        bed.boot_cold()
        bed.start_workload()
        make_cold_data(bed)
        interruptions(bed)
        warm_commands(bed)
        ready_take(bed)
        restored_points(bed, "restored")
        trial_and_hot(bed)
        restored_points(bed, "restored with a hot set")

        bed.machine.check("snapctl fill")
        bed.machine.check("i=0; while [ $(snapctl status --json | grep -c '\"flash_pages\":0') "
                          "-eq 0 ]; do sleep .2; i=$((i+1)); [ $i -lt 300 ] || exit 1; done", 120)
        status = pager(bed)
        tap.ok(status["fill_reads"] > 0 and status["flash_pages"] == 0,
               "the background fill reads the rest", status)

        take = bed.must_take("--two-pass --settle=0 --no-paging",
                             "a snapshot without paging is taken")
        tap.equal(take.status["pageable_pages"], 0, "no page of it is pageable", take)
        restored_points(bed, "restored without paging", pageable=False)


@scenario("two-pass-swap", 900)
def two_pass_swap(tap):
    """Two passes with swap on a disk: refused, moved, back again after a failure"""
    with Bed(tap, "two-pass-swap", cpus=1, gic=2) as bed:
        path = bed.folder / "flash" / "swap.img"
        with open(path, "wb") as disk:
            disk.truncate(64 << 20)
        bed.machine.disks.append(path)
        bed.boot_cold()
        bed.start_workload()
        make_cold_data(bed)
        machine = bed.machine
        machine.check("mkswap /dev/vdc && swapon -p 7 /dev/vdc")
        before = [("/dev/vdc", 7)]

        begin_take(bed, "--settle=0")
        take = failed_points(bed, 4, "swap-on-disk", "swap on a disk is refused", before)
        tap.ok("/dev/vdc" in take.err and "--migrate-swap" in take.err,
               "the message names it and the way out", take.err)

        begin_take(bed, "--migrate-swap --settle=500")
        wait_settle(bed)
        tap.equal(swaps(machine), [(SWAP, 32767)], "with --migrate-swap it is moved")
        machine.check("snapctl cancel")
        failed_points(bed, 130, "cancelled", "a cancelled take turns it on again", before)

        take = bed.must_take("--two-pass --migrate-swap --settle=0",
                             "with --migrate-swap a snapshot is taken")
        tap.equal([area["path"] for area in take.json["two_pass"]["moved_swap"]], ["/dev/vdc"],
                  "its JSON names what was moved")
        restored_points(bed, "restored after a migration")
        tap.equal(swaps(machine), [(SWAP, 32767)], "the restored system has no swap on the disk")


@scenario("two-pass-unsupported", 300)
def two_pass_unsupported(tap):
    """The module as for a kernel without zsmalloc: two passes are refused, one pass works"""
    module = parts.module_without_paging().read_bytes()
    with Bed(tap, "two-pass-unsupported", cpus=1, gic=3, minimal=True) as bed:
        bed.boot_cold()
        bed.machine.agent().put("/run/snapcap.ko", module)
        bed.machine.check("rmmod snapcap && insmod /run/snapcap.ko")
        take = bed.take("--two-pass --settle=0")
        tap.ok(take.code == 4 and take.cause == "no-swap", "two passes are refused", take)
        tap.ok("ZSMALLOC" in take.err, "the message says what the kernel lacks", take.err)
        tap.equal(swaps(bed.machine), [], "no swap is on")
        job = bed.machine.run("snapctl ready")
        tap.equal(job.code, 0, "ready is understood all the same", job)
        bed.must_take(what="one pass works")
        bed.restore()
        bed.restored_points("and is restored", workload=False)
