# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots on trial: how often one is tried that nobody confirms, and what comes then."""

import hashlib
import json

import flash
from bed import RESTORE_S, Bed

from . import scenario

ON, CONFIRMED, GIVEN_UP = "on-trial", "confirmed", "given-up"


def comes_up(bed, line):
    """The system that is being restored is ready. Return: its status and the tries that the
    loader has noted"""
    found = bed.machine.console.wait(r"bootstub: snapshot \d+ at", RESTORE_S, line)
    if not found:
        bed.machine.fail("the boot loader restored nothing")
    bed.restored = True
    bed.ready(RESTORE_S)
    text = "\n".join(said for _, said in bed.machine.console.lines[line:])
    return bed.status(), text


def power_cycle(bed):
    bed.machine.power_cycle()
    return comes_up(bed, 0)


def reset(bed, how):
    """The machine starts again without a loss of power."""
    bed.machine.agent().start(f"echo 1 >/proc/sys/kernel/panic; sleep .2; echo {how} "
                              ">/proc/sysrq-trigger", 0)
    return comes_up(bed, bed.machine.restarted())


def digest(bed):
    data = bed.flash.read(flash.SNAPSHOT_OFFSET, flash.SNAPSHOT_SIZE)
    return hashlib.sha256(data).hexdigest()


def facts(status):
    """What a restore tells of itself: snapshot, state of its trial, tries, last refusal."""
    trial, boot = status["trial"], status["boot"]
    return (boot["sequence"], trial["state"], trial["tries"], boot["reason_name"])


def tried(tap, told, sequence, number, what, reason="none"):
    status, text = told
    tap.equal((facts(status), f"snapshot {sequence} on trial: try {number} of 3" in text),
              ((sequence, ON, number, reason), True), what, text[-2000:])


def given_up(tap, told, sequence, older, state, tries, what):
    """The newer one is passed over, and it is told why."""
    status, text = told
    tap.equal(facts(status), (older, state, tries, "attempts"), what, status["boot"])
    tap.equal((status["boot"]["detail"], "refused: attempts (attempt 3): trying an older one"
               in text, f"snapshot {sequence} at" in text), (3, True, True),
              f"{what}: with the number of tries", text[-2000:])


def listed(bed):
    """Sequence numbers and how their trials stand."""
    found = json.loads(bed.machine.check("snapctl list --json"))["snapshots"]
    return {entry["image"]["sequence"]: entry["trial"]["state"] for entry in found
            if entry["state"] == "valid"}


@scenario("trial", 300)
def trial(tap):
    """Three restores without a confirmation, over power cycles and resets; a panic ends trust"""
    with Bed(tap, "trial", cpus=1, gic=3, minimal=True, confirm=False, mem=256) as bed:
        bed.machine.expect_complaints = True        # of the panics
        bed.boot_cold()
        job = bed.machine.run("snapctl confirm")
        tap.equal((job.code, "nothing to confirm" in job.stdout), (0, True),
                  "after a cold boot there is nothing to confirm", job)
        bed.must_take("--slot 0", "an older snapshot")
        bed.must_take("--slot 1", "and a newer one")

        for number in (1, 2, 3):
            tried(tap, power_cycle(bed), 2, number, f"power cycle {number}: the newer one")
        given_up(tap, power_cycle(bed), 2, 1, ON, 1, "power cycle 4: the older one")
        tap.equal(listed(bed), {1: ON, 2: GIVEN_UP}, "list tells of both")

        bed.machine.check("systemctl start snapcap-confirm.service")
        tap.equal(bed.status()["trial"], {"state": CONFIRMED, "tries": 0, "limit": 3},
                  "snapcap-confirm.service confirms it")
        before, seen = digest(bed), []
        for _ in range(5):
            status, text = power_cycle(bed)
            seen.append((facts(status), digest(bed) == before, "on trial" in text))
        tap.equal(seen, [((1, CONFIRMED, 0, "attempts"), True, False)] * 5,
                  "restored five times, a confirmed one leaves the flash as it is")

        take = bed.must_take(what="a take in the restored system")
        tap.equal((take.status["slot"], take.status["previous"]), ("1", "kept"),
                  "it goes over the one that was given up", take)
        tried(tap, power_cycle(bed), 3, 1, "it is on trial")
        for number in (2, 3):
            tried(tap, reset(bed, "b"), 3, number, f"reset {number - 1}: it is tried again")
        given_up(tap, reset(bed, "b"), 3, 1, CONFIRMED, 0, "reset 3: the older one")

        bed.must_take("--label trusted", "another take")
        tried(tap, power_cycle(bed), 4, 1, "it is on trial")
        job = bed.machine.run("snapctl confirm")
        tap.equal((job.code, job.stdout), (0, "snapshot 4 is confirmed\n"), "and is confirmed", job)
        tap.equal(facts(power_cycle(bed)[0]), (4, CONFIRMED, 0, "none"), "it is restored")
        for number in (2, 3):
            tried(tap, reset(bed, "c"), 4, number,
                  f"panic {number - 1} before a confirmation: it is on trial again")
        given_up(tap, reset(bed, "c"), 4, 1, CONFIRMED, 0, "panic 3: the older one")
        tap.equal(listed(bed), {1: CONFIRMED, 4: GIVEN_UP}, "list tells of both")
        given_up_again = power_cycle(bed)[0]
        tap.equal(facts(given_up_again), (1, CONFIRMED, 0, "attempts"),
                  "a power cycle does not bring it back", given_up_again["boot"])
