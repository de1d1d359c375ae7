# SPDX-License-Identifier: GPL-2.0-only
"""Programs that run in the guest by themselves, and the proof that the workload
sees what it says it sees."""

import parts
from bed import WORKLOAD, Bed
from machine import MachineError

from . import scenario

KSELFTESTS = "/usr/lib/snapcap/kselftest"


@scenario("kselftest", 600)
def kselftest(tap):
    """ioctl ABI and state machine, against mtdram and the real flash"""
    programs = parts.kselftests()
    if not programs:
        raise MachineError("no kselftest program was built: make -C selftests/snapcap")
    with Bed(tap, "kselftest", cpus=2, gic=3) as bed:
        bed.boot_cold()
        bed.machine.check("modprobe mtdram total_size=65536 erase_size=128")
        for program in programs:
            job = bed.machine.run(f"cd {KSELFTESTS} && ./{program.name}", 300)
            (bed.folder / f"{program.name}.tap").write_text(job.stdout + job.stderr)
            lines = job.stdout.splitlines()
            passed = sum(line.startswith("ok ") and "# SKIP" not in line for line in lines)
            skipped = [line for line in lines if "# SKIP" in line]
            failed = [line for line in lines if line.startswith("not ok")]
            tap.ok(job.code == 0 and passed and not failed,
                   f"{program.name}: {passed} tests pass", f"{job}")
            tap.ok(not skipped, f"{program.name}: none is skipped", "\n".join(skipped))
        found = bed.machine.problems()
        tap.ok(not found, "the kernel log is clean", "\n".join(found))


@scenario("workload-breaks", 600)
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
