# SPDX-License-Identifier: GPL-2.0-only
"""The bed of a scenario: a machine with flash as it leaves the factory, and the
steps that scenarios are made of."""

import fcntl
import json
import os
import shutil

import flash as flash_module
import parts
import payload
from machine import Machine, MachineError

CMDLINE = "console=ttyAMA0 loglevel=5 root=/dev/vda rootfstype=squashfs ro init=/sbin/snapcap-init"
MINIMAL = "systemd.unit=snapcap-test.target"
# Emulated on a small and busy host, and slower still with the kernels that look for mistakes.
BOOT_S = 150
RESTORE_S = 40
TAKE_S = 120
ASK_S = 120
SLOW = {"debug": 4, "kasan": 8}
PAGE_MARK = b"snapcap test system"
WORKLOAD = "/usr/lib/snapcap/workload"
HOLD = "/sys/kernel/debug/snapcap"
# Time to do what must be done meanwhile; a signal or CANCEL ends it early.
HOLD_MS = 10000
# SNAPCAP_STAGE_*
STAGES = {"check": 1, "prepare": 7, "write": 8, "verify": 9, "commit": 10}


def payload_image(flavour):
    """The runner of all scenarios builds it once and passes it on."""
    return os.environ.get(f"SNAPCAP_PAYLOAD_{flavour.upper()}") or payload.build(flavour)


class Take:
    """What one `snapctl take` said: exit code, JSON, stderr."""

    def __init__(self, code, out, err):
        self.code = code
        self.err = err.strip()
        self.unread = ""
        try:
            self.json = json.loads(out)
        except ValueError:
            self.json = {}
            self.unread = f"its {len(out)} characters are no JSON: {out[:2000]!r}\n"
        self.error = self.json.get("error") or {}
        self.cause = self.error.get("name", "")
        self.status = self.json.get("status") or {}

    def __str__(self):
        told = {key: self.status.get(key) for key in
                ("state", "stage", "cause_name", "detail", "name", "previous", "slot")}
        return f"exit code {self.code}, error {self.error}, status {told}\n{self.unread}{self.err}"


class Bed:
    """
    tap:      points go there
    name:     of the scenario; its files are in build/check/<name>
    flavour:  of the kernel and its modules
    cmdline:  added to the kernel command line
    minimal:  boot only as far as the agent
    confirm:  a system that is ready confirms its snapshot, as snapcap-confirm.service
              does, which a minimal one never starts; else it stays on trial
    """

    def __init__(self, tap, name, flavour="base", cmdline="", minimal=False, flash=None,
                 confirm=True, **machine):
        self.tap = tap
        self.confirm = confirm
        self.folder = parts.BUILD / "check" / name
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        # Two runs of the same scenario would take each other's flash away.
        self.lock = open(self.folder.parent / f".{name}.lock", "w", encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MachineError(f"another run of '{name}' is using {self.folder}") from None
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.patience = SLOW.get(flavour, 1)
        self.restored = False
        self.minimal = minimal
        self.cmdline = " ".join(filter(None, (CMDLINE, cmdline, MINIMAL if minimal else "")))
        self.kernel = parts.kernel_image(flavour)
        self.flash = flash or flash_module.bootable(self.folder / "flash", self.kernel,
                                                    self.cmdline)
        self.machine = Machine(self.folder, flash=self.flash, root=parts.root_image(),
                               payload=payload_image(flavour), **machine)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.machine.close(check=kind is None)
        finally:
            # The logs stay; 128 MiB for each scenario would soon fill a disk.
            if not os.environ.get("SNAPCAP_KEEP_FLASH"):
                shutil.rmtree(self.folder / "flash", ignore_errors=True)
            self.lock.close()

    def ready(self, timeout):
        """Until the page is served, or, minimal, the agent answers."""
        if self.minimal:
            self.machine.agent(timeout)
            if not self.machine.run("grep -q ^snapcap /proc/modules").code == 0:
                self.machine.check("modprobe snapcap")
            seconds = self.machine.age
        else:
            seconds, page = self.machine.wait_http(timeout)
            if PAGE_MARK not in page:
                raise MachineError(f"another page was served: {page[:200]}")
            self.machine.agent(timeout)
        if self.confirm:
            self.confirm_life(timeout)
        return seconds

    def confirm_life(self, timeout=RESTORE_S):
        """It is well; a cold one has nothing to confirm."""
        self.machine.check("[ ! -e /dev/snapcap ] || snapctl confirm --quiet", timeout)

    def boot_cold(self):
        """Power on, to a system that can be worked with. Return: seconds it took"""
        if self.machine.process:
            self.machine.power_cycle()
        else:
            self.machine.start()
        seconds = self.ready(BOOT_S * self.patience)
        self.tap.note(f"cold boot: ready after {seconds:.2f} s")
        return seconds

    def start_workload(self, args=""):
        self.machine.check(f"echo 'WORKLOAD_ARGS={args}' >/run/snapcap-workload.env; "
                           "systemctl start snapcap-workload", 30 * self.patience)
        report = self.ask()
        if not report.startswith("ok "):
            raise MachineError(f"workload fails before anything was done: {report}")

    def ask(self):
        """The workload's report after a thorough check."""
        return self.machine.run(f"{WORKLOAD} --ask", ASK_S * self.patience).stdout.strip()

    def status(self):
        job = self.machine.run("snapctl status --json", 30 * self.patience)
        if job.code:
            raise MachineError(f"snapctl status: {job}")
        return json.loads(job.stdout)

    def forget_take(self):
        """Before another one. The take that a restored system came out of must have ended, or
        it tells how in the place of the other."""
        if self.restored:
            self.machine.check("i=0; while [ -e /run/take.json ] && [ ! -s /run/take.code ]; do "
                               "sleep .05; i=$((i+1)); [ $i -lt 1200 ] || exit 1; done", 90)
            self.restored = False
        self.machine.check("rm -f /run/take.*")

    def take(self, args="", prefix="", timeout=None):
        """Takes a snapshot; in the restored system take_result() tells how this ended."""
        timeout = timeout or TAKE_S * self.patience
        self.forget_take()
        self.machine.run(f"{prefix} snapctl take --json {args} >/run/take.json 2>/run/take.err; "
                         "echo $? >/run/take.code", timeout)
        return self.take_result(5)

    def take_result(self, timeout):
        """Result of the take in this life of the machine."""
        job = self.machine.run(f"i=0; while [ ! -s /run/take.code ] && [ $i -lt {timeout * 20} ]; "
                               "do sleep .05; i=$((i+1)); done; cat /run/take.code", timeout + 20)
        if not job.stdout.strip():
            raise MachineError(f"snapctl take did not end; it said: "
                               f"{self.machine.run('cat /run/take.err').stdout}")
        return Take(int(job.stdout), self.machine.check("cat /run/take.json"),
                    self.machine.check("cat /run/take.err"))

    def take_two_pass(self, args="", warm=None, prefix=""):
        """Takes one in two passes; warm() uses the applications in the settle time, which
        then ends. Without it there is none."""
        self.forget_take()
        settle = f"--settle={2 * TAKE_S * self.patience}" if warm else "--settle=0"
        agent = self.machine.agent()
        # Its progress comes here by itself: programs that look for it would be paged in
        # again and again while it pages out.
        job = agent.start(
            f"{{ {prefix} snapctl take --json --two-pass {settle} {args} 2>&1 >/run/take.json; "
            "echo $? >/run/take.code; } | tee /run/take.err", 0)
        if warm:
            agent.pump(lambda: "settle" in job.stdout or job.done, TAKE_S * self.patience,
                       "the settle time of a take")
            if job.done:
                return self.take_result(5)
            warm()
            self.machine.check("snapctl ready", 60 * self.patience)
        return self.take_result(TAKE_S * self.patience)

    def must_take_two_pass(self, args="", warm=None, what="a snapshot is taken in two passes"):
        take = self.take_two_pass(args, warm)
        if not self.tap.equal(take.code, 0, what, str(take)):
            raise MachineError("cannot go on without a snapshot")
        return take

    def pager(self):
        """What the swap device says of itself."""
        return self.status()["pager"]

    def hold_at(self, stage, start, hold_ms=HOLD_MS):
        """Calls start(), which begins a take; it waits at the beginning of a stage on return."""
        self.machine.check("mountpoint -q /sys/kernel/debug || mount -t debugfs d "
                           f"/sys/kernel/debug; echo {STAGES[stage]} >{HOLD}/hold_stage; "
                           f"echo {hold_ms} >{HOLD}/hold_ms")
        start()
        # Not the stage that status tells: a take that was ended there still does.
        self.machine.check(f"i=0; while [ $(cat {HOLD}/held) != {STAGES[stage]} ]; do sleep .05; "
                           "i=$((i+1)); [ $i -lt 600 ] || exit 1; done", 60)

    def held_take(self, stage, args="", hold_ms=HOLD_MS):
        """A take that waits at the beginning of a stage, in the background."""
        self.forget_take()
        self.hold_at(stage, lambda: self.machine.agent().start(
            f"snapctl take --json {args} >/run/take.json 2>/run/take.err; "
            "echo $? >/run/take.code", 0), hold_ms)

    def release_take(self):
        self.machine.check(f"echo 0 >{HOLD}/hold_stage; echo 0 >{HOLD}/hold_ms")

    def must_take(self, args="", what="a snapshot is taken"):
        take = self.take(args)
        if not self.tap.equal(take.code, 0, what, str(take)):
            raise MachineError("cannot go on without a snapshot")
        return take

    def restore(self):
        """Power off and on: must come up from the snapshot. Return: seconds to the page"""
        self.machine.power_cycle()
        found = self.machine.console.wait(r"bootstub: (snapshot \d+ at|no snapshot)",
                                          RESTORE_S * self.patience)
        if not found or "no snapshot" in found[2].group(0):
            self.machine.fail("the boot loader restored nothing")
        self.restored = True
        return self.ready(RESTORE_S * self.patience)

    def restored_points(self, what, workload=True):
        """All that makes a restore a good one, as one point each time it is done."""
        faults = []
        take = self.take_result(10)
        if take.code != 10 or take.json.get("result") != "restored":
            faults.append(f"take's caller saw {take}")
        status = self.status()
        if status["state"] != "boot" or status["boot"]["boot"] != "restore":
            faults.append(f"status: state {status['state']}, boot {status['boot']['boot']}")
        if workload:
            report = self.ask()
            if not report.startswith("ok "):
                faults.append(f"workload: {report}")
        faults += [f"kernel log: {line}" for line in self.machine.problems()]
        self.tap.ok(not faults, what, "\n".join(faults))
        return status

    def runs_on(self):
        """Faults of a system that should be as before; none: empty."""
        faults = []
        if not self.minimal:
            page = self.machine.wait_http(self.machine.age + 20)[1]
            if PAGE_MARK not in page:
                faults.append("the page is not served")
        faults += [f"kernel log: {line}" for line in self.machine.problems()]
        return faults
