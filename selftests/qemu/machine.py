# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU machine: power on, look, cut the power.

A Machine is a board that keeps its flash and its disks; every start() is a
power-on in a new QEMU process. kill() is a power cut. Everything that waits is
bounded in time, and the process goes away with the rig, however that ends.
"""

import functools
import json
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time

import lastwords
import poll
from agent import Agent, AgentError
from console import Console, complaints

QEMU = os.environ.get("QEMU_AARCH64", "qemu-system-aarch64")
BANK_SIZE = 64 << 20
RAM = 0x40000000
HTTP = 80
# The card's bus; on PCI its interrupts are messages, with a GICv3 through its ITS.
NETWORK = {
    "mmio": "virtio-net-device,netdev=net,bus=virtio-mmio-bus.29",
    "pci": "virtio-net-pci,netdev=net,disable-legacy=on",
}


# Until 8.1 it may translate code while another CPU of the machine patches that, and then
# runs what was there before for as long as nobody patches it again (QEMU's commit
# deba78709ae8). Linux patches its static keys: its freezer's, for one, so that tasks that
# look at the old code never freeze.
PATCHES_SAFELY = (8, 1)


@functools.cache
def qemu_version():
    text = subprocess.run([QEMU, "--version"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    return tuple(int(part) for part in re.search(r"version (\d+)\.(\d+)", text).groups())


def accelerator(cpus):
    """The CPUs of a machine in turns where at the same time is not safe."""
    turns = cpus > 1 and qemu_version() < PATCHES_SAFELY
    return "tcg,thread=single" if turns else "tcg"


class MachineError(Exception):
    """The machine did not do what the test needs; the text is for the reader."""


def free_ports(count):
    """All are held until the last is known, or two might be the same."""
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


class Machine:
    """
    work_dir:  console logs go there
    flash:     directory with bank0.img and bank1.img, or None (no flash at all)
    root:      squashfs with the system under test (first disk)
    payload:   squashfs laid over it (second disk)
    disks:     more disk images, writable, in the order of their names
    network:   bus of the network card, or None for no card
    kernel:    boots this Image by itself; initrd and append go with it. With flash,
               bank 0 is laid out at reset and forgotten: QEMU would start from it
    cpu:       its model
    el2:       it has EL2 and starts there
    attend:    called with the machine after each power-on: who sits at its console
    forward:   TCP ports of the guest that the host reaches, beside that of HTTP
    """

    def __init__(self, work_dir, flash=None, root=None, payload=None, disks=(), cpus=1, gic=2,
                 mem=512, kernel=None, initrd=None, append=None, network="mmio", cpu="cortex-a72",
                 el2=False, attend=None, forward=(), extra=()):
        self.work_dir = pathlib.Path(work_dir)
        self.work_dir.mkdir(parents=True, exist_ok=True)
        self.flash = pathlib.Path(flash) if flash else None
        self.root, self.payload, self.disks = root, payload, list(disks)
        self.cpus, self.gic, self.mem = cpus, gic, mem
        self.kernel, self.initrd, self.append = kernel, initrd, append
        self.network, self.extra = network, list(extra)
        self.cpu, self.el2, self.attend = cpu, el2, attend
        self.starts = 0
        self.process = None
        self.console = None
        self.power_on = 0.0
        self.emulator_s = 0.0
        self.forward = (HTTP, *forward)
        self.ports = {}
        self.sock_dir = None
        self.connection = None
        self.qmp_sock = None
        self.qmp_ready = False
        self.expect_complaints = False
        self.symbols = []       # (address, name), of the kernel
        self.life = 0           # first console line of this life

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close(check=kind is None)

    def command(self, console_fd, qmp_fd):
        """The command line. Slots are named, so that a disk's name in the guest
        does not depend on how many others there are."""
        args = [
            QEMU, "-nodefaults", "-no-user-config", "-display", "none",
            "-machine", f"virt,gic-version={self.gic}" + ",virtualization=on" * self.el2,
            "-cpu", self.cpu, "-accel", accelerator(self.cpus),
            "-smp", str(self.cpus), "-m", str(self.mem),
            "-global", "virtio-mmio.force-legacy=false",
            "-chardev", f"socket,id=console,fd={console_fd}", "-serial", "chardev:console",
            "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
            "-chardev", f"socket,id=agent,path={self.sock_dir}/agent,server=on,wait=off",
            "-device", "virtio-serial-device,bus=virtio-mmio-bus.30",
            "-device", "virtserialport,chardev=agent,name=org.snapcap.agent",
        ]
        if self.flash:
            if self.kernel:
                args += ["-device", f"loader,file={self.flash}/bank0.img,addr=0,force-raw=on"]
            for unit in (1,) if self.kernel else (0, 1):
                args += ["-drive", f"if=pflash,format=raw,unit={unit},"
                                   f"file={self.flash}/bank{unit}.img"]
        for number, (path, mode) in enumerate(
                [(self.root, "on"), (self.payload, "on")] + [(d, "off") for d in self.disks]):
            if path:
                args += ["-drive", f"if=none,id=disk{number},format=raw,readonly={mode},"
                                   f"file={path}",
                         "-device", f"virtio-blk-device,drive=disk{number},"
                                    f"bus=virtio-mmio-bus.{number}"]
        if self.network:
            forwards = "".join(f",hostfwd=tcp:127.0.0.1:{ours}-:{theirs}"
                               for theirs, ours in self.ports.items())
            args += ["-netdev", "user,id=net" + forwards, "-device", NETWORK[self.network]]
        if self.kernel:
            args += ["-kernel", str(self.kernel), "-append", self.append or ""]
            if self.initrd:
                args += ["-initrd", str(self.initrd)]
        return args + self.extra

    def start(self, button=False):
        """Power on. The clock of all times starts right before the process does;
        with button, the process is there first, and the clock starts when its
        CPUs do, as that of the machine's own counter."""
        if self.process:
            raise MachineError("machine runs already")
        self.starts += 1
        self.sock_dir = tempfile.mkdtemp(prefix="snapcap-")
        self.console = Console(self.work_dir / f"console-{self.starts:02}.log")
        self.qmp_sock, qmp_theirs = socket.socketpair()
        self.qmp_ready = False
        self.ports = dict(zip(self.forward, free_ports(len(self.forward)))) if self.network else {}
        fds = (self.console.theirs.fileno(), qmp_theirs.fileno())
        # The process must not outlive the rig: it is killed with its parent thread.
        args = ["setpriv", "--pdeathsig", "KILL"] + self.command(*fds)
        if button:
            args.append("-S")
        (self.work_dir / "qemu.cmd").write_text(" ".join(args) + "\n")
        with open(self.work_dir / f"qemu-{self.starts:02}.err", "wb") as errors:
            self.power_on = time.monotonic()
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors, pass_fds=fds)
        qmp_theirs.close()
        self.console.start()
        self.connection = None
        self.life = 0
        if button:
            self.qmp("query-status")
            self.emulator_s = self.age
            self.power_on = time.monotonic()
            self.qmp("cont")
        if self.attend:
            self.attend(self)
        return self

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def age(self):
        return time.monotonic() - self.power_on

    def errors(self):
        """What the emulator said."""
        path = self.work_dir / f"qemu-{self.starts:02}.err"
        return path.read_text(errors="replace").strip()

    def fail(self, text):
        if not self.alive:
            text = f"{text}\nthe emulator has ended: {self.errors()}"
        raise MachineError(f"{text}\nlast lines of {self.console.log_path}:\n"
                           f"{self.console.tail()}")

    def qmp(self, command, timeout=10, **arguments):
        """Sends one QMP command, returns its result; events are skipped."""
        deadline = time.monotonic() + timeout
        data = b""
        requests = [{"execute": command, "arguments": arguments, "id": 1}]
        if not self.qmp_ready:
            requests.insert(0, {"execute": "qmp_capabilities"})
            self.qmp_ready = True
        for request in requests:
            self.qmp_sock.sendall(json.dumps(request).encode())
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.qmp_sock], [], [], left)[0]:
                raise MachineError(f"QMP command {command} was not answered")
            try:
                part = self.qmp_sock.recv(65536)
            except ConnectionError:
                part = b""
            if not part:
                raise MachineError(f"QEMU ended during {command}: {self.errors()}")
            data += part
            *lines, data = data.split(b"\n")
            for line in lines:
                answer = json.loads(line)
                if answer.get("id") == 1:
                    if "error" in answer:
                        raise MachineError(f"QMP {command}: {answer['error']['desc']}")
                    return answer["return"]

    def wait_console(self, pattern, timeout, start=0, partial=False):
        """(line number, seconds since power-on, match) of the line, which must come."""
        found = self.console.wait(pattern, timeout, start, partial)
        if not found:
            self.fail(f"console: no line matched '{pattern}' within {timeout:.0f} s")
        return found[0], found[1] - self.power_on, found[2]

    def wait_http(self, timeout, path="/"):
        """(seconds since power-on, body) of the first answer 200, which must come."""
        result = poll.first_ok(self.ports[HTTP], self.power_on, timeout, path,
                               lambda: self.alive)
        if not result:
            self.fail(f"no HTTP 200 within {timeout:.0f} s of power-on")
        return result

    def agent(self, timeout=60):
        """The agent of this life."""
        if not self.connection:
            connection = Agent(f"{self.sock_dir}/agent")
            connection.dead = self.dead
            try:
                self.connection = connection.connect(timeout, lambda: self.alive)
            except Exception as error:
                connection.close()
                self.fail(str(error))
        return self.connection

    def dead(self):
        """Why nothing will come from it any more, "" for nothing."""
        if not self.alive:
            return "the emulator has ended"
        panic = self.console.find(r"Kernel panic.*", self.life)
        return panic[2].group(0) if panic else ""

    def run(self, command, timeout=60):
        try:
            return self.agent().run(command, timeout)
        except AgentError as error:
            self.fail(f"{error}\n{self.where()}\n{self.last_words()}")

    def check(self, command, timeout=60):
        job = self.run(command, timeout)
        if job.code:
            raise AgentError(str(job))
        return job.stdout

    def where(self):
        """What the CPUs of a machine that does not answer are at, looked at three times."""
        found = []
        try:
            for _ in range(3):
                text = self.qmp("human-monitor-command", **{"command-line": "info registers -a"})
                found.append(" ".join(self.symbol(int(value, 16))
                                      for value in re.findall(r"\bPC=([0-9a-f]+)", text)))
                time.sleep(0.1)
        except (MachineError, OSError) as error:
            found.append(str(error))
        return "CPUs are at " + "; ".join(found)

    def last_words(self):
        """What its kernel says of its end, where the console was suspended by then."""
        path = self.work_dir / "memory.bin"
        try:
            self.qmp("pmemsave", 60, val=RAM, size=self.mem << 20, filename=str(path))
            lines = lastwords.find(path)
        except (MachineError, OSError) as error:
            lines = [str(error)]
        finally:
            path.unlink(missing_ok=True)
        return "\n".join(["in its memory:", *lines]) if lines else ""

    def learn_symbols(self):
        """While it answers: each life of the kernel lies at another address."""
        self.symbols = sorted(
            (int(value, 16), name) for value, kind, name, *_ in
            (line.split() for line in self.check("cat /proc/kallsyms").splitlines())
            if kind in "tT" and name[0] != "$")

    def symbol(self, address):
        start, name = max((s for s in self.symbols if s[0] <= address), default=(0, "user"))
        return f"{name}+{address - start:#x}" if start else f"{address:#x}"

    def problems(self):
        """Complaints in the console and, when the agent is there, in dmesg."""
        text = self.console.text
        if self.alive and self.connection:
            text += "\n" + self.connection.run("dmesg", 20).stdout
        return complaints(text)

    def assert_clean(self):
        found = self.problems()
        if found and not self.expect_complaints:
            raise MachineError("kernel log is not clean:\n" + "\n".join(found[:20]))

    def kill(self):
        """Cuts the power."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.released()

    def wait_exit(self, timeout):
        """Waits for the machine to switch itself off."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.fail(f"machine did not switch itself off within {timeout:.0f} s")
        self.released()

    def released(self):
        """After the process has ended: what belonged to this life."""
        if self.connection:
            self.connection.close()
            self.connection = None
        if self.console:
            self.console.close()
        if self.qmp_sock:
            self.qmp_sock.close()
            self.qmp_sock = None
        if self.sock_dir:
            shutil.rmtree(self.sock_dir, ignore_errors=True)
            self.sock_dir = None
        self.process = None

    def close(self, check=True):
        """Ends the machine; with check, a kernel that complained fails the test."""
        last_console = self.console
        self.kill()
        if check and last_console and not self.expect_complaints:
            found = complaints(last_console.text)
            if found:
                raise MachineError(f"{last_console.log_path} is not clean:\n"
                                   + "\n".join(found[:20]))

    def restarted(self, timeout=60):
        """Waits for the loader of the next life, when Linux restarts by itself.
        Return: number of the first line that may be the loader's"""
        start = len(self.console.lines)
        if not self.console.wait(r"^bootstub: ", timeout, start):
            self.fail(f"the machine did not restart within {timeout} s")
        self.power_on = time.monotonic()
        if self.connection:
            self.connection.close()
            self.connection = None
        self.life = start
        return start

    def power_cycle(self, button=False):
        """Cuts the power and switches on again, in a new process."""
        found = complaints(self.console.text)
        self.kill()
        if found and not self.expect_complaints:
            raise MachineError(f"{self.console.log_path} is not clean:\n"
                               + "\n".join(found[:20]))
        return self.start(button)
