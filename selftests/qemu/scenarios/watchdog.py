# SPDX-License-Identifier: GPL-2.0-only
"""A restored system that does not come up is ended by the watchdog that the loader
has armed. The i6300ESB of these machines has less time than the board's constant."""

import time

import parts
from bed import BOOT_S, RESTORE_S, Bed
from machine import MachineError

from . import scenario

TIME_MS = 8000
# Longer than the loader's time and the driver's, by what a busy host may take.
BEYOND_S = TIME_MS / 1000 + 2
RESET_S = TIME_MS / 1000 + RESTORE_S
STATE = "/sys/class/misc/snapcap/watchdog/state"
TRIES = ("panic", "oops", "hang")
DRIVER_S = 5
BEYOND_DRIVER_S = DRIVER_S + 2
# Writes as long as its file exists; a V before the end stops the watchdog.
PING = ("exec 3>/dev/watchdog; echo $$ >/run/ping; "
        "while [ -e /run/ping ]; do printf . >&3; sleep .3; done; printf V >&3")


def watched(tap, name, cpus):
    """A machine with an i6300ESB, up."""
    # Or what a restored system says before the thaw would be lost with it.
    bed = Bed(tap, name, cpus=cpus, gic=2, minimal=True, confirm=False,
              cmdline="no_console_suspend", extra=["-device", "i6300esb"])
    loader = parts.bootstub_with("watchdog", f"WATCHDOG_MS={TIME_MS}")
    bed.flash.write(0, loader.read_bytes())
    return bed


def state(bed):
    return bed.machine.check(f"cat {STATE}").strip()


def wait_state(tap, bed, wanted, what):
    """Who feeds it is looked at four times in its time."""
    job = bed.machine.run(f"i=0; while [ $(cat {STATE}) != {wanted} ] && [ $i -lt 100 ]; do "
                          f"sleep .1; i=$((i+1)); done; cat {STATE}", 30)
    tap.equal(job.stdout.strip(), wanted, what)


def lives_on(tap, bed, what, seconds=BEYOND_S):
    """The same life, after more time than its watchdog has."""
    start = len(bed.machine.console.lines)
    time.sleep(seconds)
    again = bed.machine.console.find(r"^bootstub: ", start)
    tap.ok(not again, what, again)
    if again:
        raise MachineError(f"{what}: it was reset")


def reset(bed):
    """Until the loader is there again and has restored. Return: seconds to its first line"""
    machine, before = bed.machine, time.monotonic()
    start = machine.restarted(RESET_S)
    seconds = time.monotonic() - before
    # What the life before said last is not this one's.
    machine.life = machine.console.find(r"^bootstub: ", start)[0]
    bed.restored = True
    bed.ready(RESTORE_S)
    return seconds


def fed(tap, bed):
    """Fed by the module, as long as it may last."""
    bed.must_take()
    bed.restore()
    told = bed.restored_points("a system with a watchdog is restored", workload=False)["watchdog"]
    tap.ok(told["state"] == "fed" and told["timeout_ms"] == TIME_MS and
           60000 < told["left_ms"] <= 120000, "status tells that the module feeds it", told)
    lives_on(tap, bed, "the restored system runs on beyond the watchdog's time")
    bed.machine.check("echo 0 >/sys/module/snapcap/parameters/watchdog_wait")
    reset(bed)
    tap.equal(state(bed), "fed", "a user space that does not take it over is reset, and restored")
    bed.machine.expect_complaints = True
    bed.machine.agent().start("echo c >/proc/sysrq-trigger", 0)
    seconds = reset(bed)
    tap.equal(state(bed), "fed", f"a panic is reset after {seconds:.1f} s, though it leaves timers "
              "running")


def handed_over(tap, bed):
    job = bed.machine.run(f"echo hello >{STATE}")
    tap.ok(job.code and state(bed) == "fed", "nobody takes it over by mistake", job)
    bed.machine.check(f"echo user >{STATE}")
    tap.equal(state(bed), "stopped", "it is handed over to a user space that has no use for it")
    lives_on(tap, bed, "and not fed any more, it does nothing")


def take_dying(bed):
    """While it is fed: what feeds it is in the snapshot, too. There is no older one."""
    bed.machine.check("snapctl drop --all && echo 0 >/proc/sys/kernel/panic_on_oops && "
                      f"modprobe snapcap_die how={','.join(TRIES)}")
    bed.must_take(what="a snapshot is taken of a system that will not come up")


def dies(tap, bed):
    """Three ways to end in three tries of one snapshot."""
    machine = bed.machine
    machine.power_cycle()
    start = 0
    for number, how in enumerate(TRIES, 1):
        found = machine.console.wait(rf"snapcap-die: try {number}: {how}", RESET_S, start)
        if not found:
            machine.fail(f"try {number} ({how}) did not come within {RESET_S:.0f} s")
        start = found[0]
    began = time.monotonic()
    line, _, _ = machine.wait_console(r"^bootstub: snapshot at \S+ refused: \S+ \(attempt 3\)",
                                      RESET_S, start)
    tap.ok(True, f"panic, oops and a hang with interrupts off: the last of three tries ends after "
                 f"{time.monotonic() - began:.1f} s")
    machine.life = line
    if machine.connection:
        machine.connection.close()
        machine.connection = None
    bed.ready(BOOT_S)
    boot = bed.status()["boot"]
    tap.ok(boot["boot"] == "cold" and boot["reason_name"] == "attempts" and boot["detail"] == 3,
           "then it boots cold, and status tells why", boot)
    tap.equal(state(bed), "none", "without a watchdog that runs")


@scenario("watchdog", 400)
def watchdog(tap):
    """A restored system that panics, oopses or hangs is reset; after three tries a cold boot"""
    with watched(tap, "watchdog", 2) as bed:
        bed.boot_cold()
        tap.equal(state(bed), "none", "at a cold boot none is armed")
        fed(tap, bed)
        take_dying(bed)
        handed_over(tap, bed)
        dies(tap, bed)


def ping(bed):
    bed.machine.agent().start(PING, 0)
    bed.machine.check("i=0; while [ ! -s /run/ping ]; do sleep .05; i=$((i+1)); "
                      "[ $i -lt 200 ] || exit 1; done", 20)


@scenario("watchdog-driver", 400)
def watchdog_driver(tap):
    """Linux's driver of the watchdog in a snapshot: its time and its pings go on"""
    with watched(tap, "watchdog-driver", 1) as bed:
        bed.boot_cold()
        bed.machine.check(f"modprobe i6300esb heartbeat={DRIVER_S}")
        ping(bed)
        bed.must_take(what="a snapshot is taken while somebody pings the watchdog")
        bed.restore()
        told = bed.restored_points("and restored", workload=False)["watchdog"]
        tap.equal((told["state"], told["timeout_ms"]), ("user", DRIVER_S * 1000),
                  "it has the driver's time, and is left to it")
        lives_on(tap, bed, "the pings of the snapshot go on")
        bed.machine.check("kill -9 $(cat /run/ping)")
        seconds = reset(bed)
        tap.ok(seconds < TIME_MS / 1000 - 1, f"without pings there is a reset after {seconds:.1f} s: "
               "the driver's time, not the loader's", f"driver: {DRIVER_S} s")
        bed.machine.check("rm /run/ping; sleep 1")
        lives_on(tap, bed, "who closes it as the driver wants it stops it", BEYOND_DRIVER_S)

        bed.must_take(what="a snapshot is taken with a driver that nobody uses")
        bed.restore()
        told = bed.restored_points("and restored", workload=False)["watchdog"]
        tap.equal((told["state"], told["timeout_ms"]), ("fed", DRIVER_S * 1000),
                  "the module feeds it, with the driver's time")
        lives_on(tap, bed, "beyond that time, too", BEYOND_DRIVER_S)
        ping(bed)
        wait_state(tap, bed, "user", "who opens it takes it over")
        bed.machine.check(f"echo user >{STATE}")
        tap.equal(state(bed), "user", "also when the hand-over comes later")
        bed.machine.check("kill -9 $(cat /run/ping)")
        reset(bed)
        tap.equal(state(bed), "fed", "and is reset when the pings end")
