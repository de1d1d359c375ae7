# SPDX-License-Identifier: GPL-2.0-only
"""Programs that run in the guest by themselves, and the proof that the workload
sees what it says it sees."""

import os
import re

import parts
from bed import WORKLOAD, Bed
from machine import MachineError

from . import scenario

KSELFTESTS = "/usr/lib/snapcap/kselftest"


def run_kselftests(tap, name, flavour, what="-l", env="", limit=300):
    """run.sh with the arguments @what, @limit seconds for each program"""
    if not parts.kselftests():
        raise MachineError("no kselftest program was built: make -C selftests/snapcap")
    # The kernel leaves the end of the memory to a driver's region.
    region = f"base={0x40000000 + (1000 << 20):#x} size={1 << 20}"
    with Bed(tap, name, flavour, cpus=2, gic=3, mem=1024, minimal=True,
             cmdline="mem=1000M rodata=full secretmem.enable=1 no_console_suspend") as bed:
        bed.boot_cold()
        bed.machine.learn_symbols()
        job = bed.machine.run(f"TIMEOUT_S={limit * bed.patience} REGION='{region}' {env} "
                              f"{KSELFTESTS}/run.sh {what}", (limit + 1000) * bed.patience)
        (bed.folder / "kselftest.tap").write_text(job.stdout + job.stderr)
        program, said, ran = "", [], set()
        for line in job.stdout.splitlines():
            heading = re.match(r"# (\w+_test)$", line)
            point = re.match(r"(not )?ok \d* ?-? ?(.*)", line)
            if heading:
                program = heading[1]
                ran.add(program)
            if not point:
                said.append(line)
                continue
            skipped = re.match(r"(.*?) *# *SKIP *(.*)", point[2], re.I)
            if skipped and not point[1]:
                tap.skip(f"{program}: {skipped[1]}", skipped[2])
            else:
                tap.ok(not point[1], f"{program}: {point[2].replace('#', '-')}",
                       "\n".join(said))
            said = []
        tap.equal(job.code, 0, "run.sh: exit code 0", job.stderr)
        if what == "-l":
            tap.equal(sorted(ran), sorted(path.name for path in parts.kselftests()
                                          if path.name.endswith("_test")),
                      "run.sh ran all that was built")
        found = bed.machine.problems()
        tap.ok(not found, "the kernel log is clean", "\n".join(found))


@scenario("kselftest", 1500)
def kselftest(tap):
    """ioctl ABI and state machine, against mtdram and the real flash"""
    run_kselftests(tap, "kselftest-base", "base")


@scenario("kselftest-debug", 6000, flavour="debug", soak=True)
def kselftest_debug(tap):
    """The same under lockdep and the other checkers of the kernel"""
    run_kselftests(tap, "kselftest-debug", "debug")


@scenario("ioctl-fuzz", 9000, flavour="kasan", soak=True)
def ioctl_fuzz(tap):
    """A million calls at the device, right and wrong ones, under KASAN and with faults"""
    calls = os.environ.get("SNAPCAP_FUZZ_CALLS", "1000000")
    seed = os.environ.get("SNAPCAP_FUZZ_SEED", "")
    run_kselftests(tap, "ioctl-fuzz", "kasan", "ioctl_fuzz_test",
                   f"SNAPCAP_FUZZ_CALLS={calls} SNAPCAP_FUZZ_SEED={seed}", 900)


# A test of the tests: for when the workload is changed.
@scenario("workload-breaks", 600, soak=True)
def workload_breaks(tap):
    """Each kind of state that the workload holds is damaged once and seen to be"""
    with Bed(tap, "workload-breaks", cpus=2, gic=3, minimal=True) as bed:
        bed.boot_cold()
        machine = bed.machine
        machine.check("mountpoint -q /dev/mqueue || true; ip link set lo up")
        names = machine.check(f"{WORKLOAD} --list").split()
        tap.ok(len(names) > 20, f"{len(names)} kinds of state")
        for name in names:
            machine.agent().start(f"{WORKLOAD} --memory=8", 60)
            before = machine.run(f"{WORKLOAD} --ask")
            after = machine.run(f"{WORKLOAD} --ask --break={name}")
            machine.run("pkill -x wl-main; while pgrep -x wl-main >/dev/null; do sleep .01; done; "
                        "rm -f /run/snapcap-workload/socket")
            tap.ok(before.code == 0 and after.code == 1 and f"\n{name}: " in after.stdout,
                   f"damage to '{name}' is seen", f"{before}\n{after}")
