# SPDX-License-Identifier: GPL-2.0-only
"""Every restore is a clone that must not look like one: random numbers, TCP's
sequence numbers, the generation id; who is told of a restore; the hooks; the
time of day."""

import re
import time

from bed import Bed

from . import scenario
from .rescue import Person

WATCH = "/usr/lib/snapcap/clone_watch"
LOG = "/run/clone.log"
GENERATION = "/sys/class/misc/snapcap/generation"
SYSFS = "/sys/class/misc/snapcap"
RESTORES = 6
RESTORES_SOAK = 200
HOOK_TIMEOUT_S = 6
HOURLY_S = 3600
DAY_S = 86400
# Half past, so that no other hour begins while the test runs.
RTC_DATE = "2027-03-{day:02}T10:20:00"
RTC_S = 1803810000      # 2027-02-28T10:20:00Z, to which the day is added


def start_watch(bed):
    bed.machine.check(f"ip link set lo up; {WATCH} {LOG} >/dev/null 2>&1 & "
                      f"for i in $(seq 600); do grep -q ^ready {LOG} 2>/dev/null && exit 0; "
                      "sleep .1; done; exit 1", 90)


def watched(bed):
    """What the watcher saw since the capture: [(word, rest)]"""
    lines = bed.machine.check(f"cat {LOG}").splitlines()
    ready = lines.index("ready") + 1
    return [line.partition(" ")[::2] for line in lines[ready:]]


def said(seen, word):
    return [rest for name, rest in seen if name == word]


def put_hook(bed, event, name, text, mode=0o755):
    bed.machine.check(f"mkdir -p /etc/snapcap/{event}.d")
    bed.machine.agent().put(f"/etc/snapcap/{event}.d/{name}", text, mode)


def prepare_units(bed):
    """udev, and a unit that wants to run once per restore."""
    bed.machine.check("systemctl start systemd-udevd.service", 60)
    bed.machine.agent().put("/run/systemd/system/restored-count.service", """[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cat /sys/class/misc/snapcap/generation >>/run/unit-ran'
""")
    bed.machine.check("d=/run/systemd/system/snapcap-restored.target.wants; mkdir -p $d; "
                      "ln -s ../restored-count.service $d/; systemctl daemon-reload; "
                      "rm -f /run/unit-ran", 60)


def prepare_hooks(bed):
    record = "#!/bin/sh\necho {name} $SNAPCAP_EVENT $SNAPCAP_RESULT $SNAPCAP_GENERATION " \
             ">>/run/hooks-ran\n"
    for event, name in (("pre-take", "50-p"), ("post-take", "50-t"), ("post-restore", "05-a"),
                        ("post-restore", "95-z"), ("post-restore", "15-b")):
        put_hook(bed, event, name, record.format(name=name))
    # Not a name of a hook; not executable, and so hides the shipped one.
    put_hook(bed, "post-restore", "20-x.bak", record.format(name="bak"))
    put_hook(bed, "post-restore", "30-dhcp", record.format(name="hidden"), 0o644)
    bed.machine.check(f"printf '[hooks]\\ntimeout = {HOOK_TIMEOUT_S}\\n' "
                      ">/etc/snapcap/snapcap.conf; touch /etc/snapcap/boot-id; "
                      "mkdir -p /var/lib/systemd; echo old >/var/lib/systemd/random-seed")


def failing_hook(tap, bed):
    put_hook(bed, "pre-take", "60-no", "#!/bin/sh\necho reason >&2\nexit 3\n")
    take = bed.take()
    tap.ok(take.code == 1 and take.cause == "hook" and "60-no: exit code 3" in take.error["text"]
           and "reason" in take.err, "a pre-take hook that fails ends the take, and is named", take)
    ran = bed.machine.check("cat /run/hooks-ran").splitlines()
    tap.ok([line.split()[:3] for line in ran] == [["50-p", "pre-take", ran[0].split()[2]],
                                                  ["50-t", "post-take", "failed"]],
           "what a hook began is undone: post-take hooks are told that it failed", ran)
    bed.machine.check("rm /etc/snapcap/pre-take.d/60-no /run/hooks-ran")


class Clones:
    """What must never be the same in two restores."""

    def __init__(self):
        self.values = {}

    def faults(self, **found):
        faults = []
        for name, value in found.items():
            before = self.values.setdefault(name, [])
            if value in before:
                faults.append(f"{name} {value} was seen at restore {before.index(value) + 1}")
            before.append(value)
        return faults


def restored_faults(bed, clones, restores):
    """All that must hold after each restore of the snapshot."""
    bed.take_result(60)
    status = bed.status()
    check = bed.machine.check
    # That it does not run once more is seen a little later.
    check(f"for i in $(seq 300); do [ $(cat /run/unit-ran 2>/dev/null | wc -l) -ge {restores} ] && "
          "break; sleep .1; done; udevadm settle; sleep .5", 90)
    seen = watched(bed)
    faults = [text for word, text in seen if word == "error"]
    one = {}
    for word in ("random", "isn", "uevent", "polled", "generation"):
        found = said(seen, word)
        if len(found) != restores:
            faults.append(f"{len(found)} times {word}, not {restores}: {found}")
        one[word] = found[-1] if found else None
    now = check(f"cat {GENERATION}").strip()
    if not one["uevent"] == one["generation"] == now:
        faults.append(f"generation {now}, but {one}")
    boot_id = check("cat /proc/sys/kernel/random/boot_id").strip()
    random_seed = check("sha256sum </var/lib/systemd/random-seed")
    faults += clones.faults(random=one["random"], isn=one["isn"], generation=now,
                            boot_id=boot_id, random_seed=random_seed)
    units = check("cat /run/unit-ran").split()
    if len(units) != restores or units[-1] != now:
        faults.append(f"the unit on snapcap-restored.target ran for {units}")
    if check(f"cat {SYSFS}/restores").strip() != str(restores):
        faults.append(f"restores: not {restores}")
    if check(f"cat {SYSFS}/entropy").split() != ["loader", "hwrng", "counter", "reseeded"]:
        faults.append("entropy: " + check(f"cat {SYSFS}/entropy"))
    events = [entry["event"] for entry in status["boot"]["timeline"]]
    if not ("devices" in events and "seeded" in events and "thaw" in events
            and events.index("devices") < events.index("seeded") < events.index("thaw")):
        faults.append(f"no reseed before the thaw: {events}")
    return faults


def hook_faults(bed):
    ran = [line.split() for line in bed.machine.check("cat /run/hooks-ran").splitlines()]
    now = bed.machine.check(f"cat {GENERATION}").strip()
    wanted = [["50-p", "pre-take"]] + [[name, "post-restore", "restored", now]
                                       for name in ("05-a", "15-b", "95-z")]
    ran = [ran[0][:2]] + ran[1:]
    hooks = bed.take_result(60).json.get("hooks") or {}
    faults = [] if ran == wanted else [f"hooks ran: {ran}"]
    # The three, and the shipped ones but for the hidden one.
    if hooks.get("event") != "post-restore" or hooks.get("failed") != 0 or hooks.get("ran") != 7:
        faults.append(f"take says {hooks} {bed.take_result(5)}")
    return faults


def unique_restores(tap, name, restores):
    with Bed(tap, name, cpus=2, gic=3, minimal=True,
             extra=("-device", "virtio-rng-device,bus=virtio-mmio-bus.27")) as bed:
        bed.boot_cold()
        prepare_units(bed)
        prepare_hooks(bed)
        failing_hook(tap, bed)
        start_watch(bed)
        job = bed.machine.run("mv /dev/urandom /dev/u && { snapctl take --json; mv /dev/u "
                              "/dev/urandom; }")
        tap.ok('"random"' in job.stdout, "no take where the reseed would fail", job)
        bed.machine.check("rm /run/hooks-ran")
        before = bed.machine.check(f"cat {GENERATION}").strip()
        bed.must_take()
        tap.equal(bed.machine.check(f"cat {GENERATION}").strip(), before,
                  "a take does not change the generation")
        told = [word for word, _ in watched(bed) if word != "cancel"]
        tap.equal(told, [], "and tells nobody of one")
        clones = Clones()
        clones.faults(generation=before)
        for number in range(1, restores + 1):
            bed.restore()
            faults = restored_faults(bed, clones, 1) + hook_faults(bed)
            faults += [f"kernel log: {line}" for line in bed.machine.problems()]
            tap.ok(not faults, f"restore {number} of {restores}: nothing is as it was before, all "
                   "are told once", "\n".join(faults))
            (bed.folder / f"console-{bed.machine.starts - 1:02}.log").unlink(missing_ok=True)
        second_generation(tap, bed, clones)


def second_generation(tap, bed, clones):
    """A snapshot of a restored system, with a hook that hangs."""
    put_hook(bed, "post-restore", "10-hang", "#!/bin/sh\nsleep 54321 &\nsleep 54322\n")
    bed.machine.check("rm /run/hooks-ran")
    bed.must_take(what="the restored system takes a snapshot")
    bed.restore()
    take = bed.take_result(60)
    faults = restored_faults(bed, clones, 2)
    tap.ok(not faults, "restored, everything is new again, and told once", "\n".join(faults))
    hooks = take.json.get("hooks") or {}
    tap.ok(hooks.get("failed") == 1 and f"10-hang: killed after {HOOK_TIMEOUT_S} s"
           in (hooks.get("first_failure") or "") and "10-hang" in take.err,
           "a hook that hangs is killed at its limit, and named", take)
    left = bed.machine.run("pgrep -f '[s]leep 5432'")
    tap.ok(left.code != 0, "with all that it has started", left)
    ran = bed.machine.check("cat /run/hooks-ran")
    tap.ok("95-z" in ran, "and the others run all the same", ran)


@scenario("unique", 900)
def unique(tap):
    """Restores of one snapshot: random numbers, ids and sequence numbers differ; hooks run once"""
    unique_restores(tap, "unique", RESTORES)


@scenario("unique-200", 14400, soak=True)
def unique_200(tap):
    """The same 200 times"""
    unique_restores(tap, "unique-200", RESTORES_SOAK)


def dhcp_requests(capture):
    """Of clients, in what QEMU saw on the wire since it was started."""
    # An IPv4 packet of UDP, from port 68 to port 67, behind an Ethernet header.
    return len(re.findall(rb"\x08\x00\x45.{8}\x11.{10}\x00\x44\x00\x43", capture.read_bytes(),
                          re.DOTALL))


@scenario("restored-services", 400)
def restored_services(tap):
    """The shipped hooks at work: the lease is renewed, a service with secrets restarted"""
    with Bed(tap, "restored-services", cpus=2, gic=3) as bed:
        capture = bed.folder / "flash" / "net.pcap"
        bed.machine.extra = ["-object", f"filter-dump,id=wire,netdev=net,file={capture}"]
        bed.boot_cold()
        machine = bed.machine
        machine.check("mkdir -p /run/systemd/network")
        machine.agent().put("/run/systemd/network/70-dhcp.network",
                            "[Match]\nDriver=virtio_net\n[Network]\nDHCP=ipv4\n")
        machine.check("networkctl reload && i=0; until networkctl status -a --no-pager | "
                      "grep -q DHCP4; do sleep .1; i=$((i+1)); [ $i -lt 300 ] || exit 1; done", 60)
        pid = "systemctl show --value -p MainPID "
        machine.check("mkdir -p /etc/snapcap && printf '# TLS ticket keys\\nlighttpd.service\\n"
                      "gone.service\\n' >/etc/snapcap/secrets.conf")
        web = machine.check(pid + "lighttpd").strip()
        network = machine.check(pid + "systemd-networkd").strip()
        bed.must_take()
        bed.restore()
        take = bed.take_result(60)
        hooks = take.json.get("hooks") or {}
        tap.ok(hooks.get("ran") == 5 and hooks.get("failed") == 0, "five shipped hooks ran", take)
        machine.run("i=0; while systemctl list-jobs --no-legend | grep -q .; do sleep .1; "
                    "i=$((i+1)); [ $i -lt 300 ] || exit 1; done", 60)
        now = machine.check(pid + "lighttpd").strip()
        tap.ok(now not in (web, "0"), "the service with secrets is another process",
               f"{web}, now {now}")
        tap.equal(machine.check(pid + "systemd-networkd").strip(), network, "others are not")
        end = machine.age + 20
        while not dhcp_requests(capture) and machine.age < end:
            time.sleep(0.2)
        tap.ok(dhcp_requests(capture) > 0, "the lease of the address is renewed",
               machine.run("journalctl --no-pager -u systemd-networkd -n 20").stdout)
        tap.equal(bed.runs_on(), [], "the page is served")


def time_of_day(bed):
    return float(bed.machine.check("date +%s.%N"))


def power_on_at(bed, day):
    bed.machine.extra = ["-rtc", "base=" + RTC_DATE.format(day=day)]


def restore_at(tap, bed, day, what, source, since, boottime):
    """Restores with the RTC at a day of the month. Return: what the watcher saw"""
    power_on_at(bed, day)
    bed.restore()
    bed.take_result(60)
    told = bed.machine.check(f"cat {SYSFS}/clock").strip()
    tap.ok(told in source, f"{what}: the module says what it went by", told)
    seen = watched(bed)
    faults = clocks_faults(seen, day, since, boottime)
    tap.ok(not faults, f"{what}: the first that a task sees is a time of day within a second of the "
           "RTC, and CLOCK_MONOTONIC goes on", "\n".join(faults))
    return seen


def clocks_faults(seen, day, since, boottime):
    faults = []
    if not said(seen, "clocks"):
        return [f"no restore was seen: {seen}"]
    real, mono, boot, before, counter = (int(value) / 1e9
                                         for value in said(seen, "clocks")[-1].split())
    # RTC and counter both start with the emulator, one a moment before the other.
    rtc = RTC_S + day * DAY_S + counter
    if not -1 < real - rtc < 1.5:
        faults.append(f"the time of day is {real}, the RTC says {rtc}")
    if not 0 <= mono - before < 10:
        faults.append(f"CLOCK_MONOTONIC went from {before} to {mono}")
    passed = (day - since) * DAY_S
    if boottime and not passed - 600 < boot - mono < passed + 600:
        faults.append(f"CLOCK_BOOTTIME is {boot - mono} ahead of CLOCK_MONOTONIC")
    return faults


def wait_in_menu(until):
    """Somebody at the console: the machine's counter goes on, and nothing is restored."""
    def attend(machine):
        person = Person(machine)
        person.hold_key()
        while machine.age < until:
            time.sleep(0.1)
        person.type("b")
    return attend


@scenario("clock", 700)
def clock(tap):
    """Days between take and restore: time of day, monotonic clocks, timers; without RTC"""
    with Bed(tap, "clock", cpus=1, gic=3, minimal=True) as bed:
        power_on_at(bed, 1)
        bed.boot_cold()
        machine = bed.machine
        machine.agent().put("/run/systemd/system/hourly.service", """[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'date +%%s >>/run/hourly'
""")
        machine.agent().put("/run/systemd/system/hourly.timer", """[Unit]
DefaultDependencies=no
[Timer]
OnCalendar=hourly
AccuracySec=1s
""")
        machine.check("systemctl daemon-reload; systemctl start hourly.timer", 60)
        start_watch(bed)
        bed.must_take()
        seen = restore_at(tap, bed, 4, "three days later", ("rtc", "rtc-set"), 1, True)
        tap.ok("cancelled" in said(seen, "cancel"), "TFD_TIMER_CANCEL_ON_SET: told", seen)
        tap.equal(said(seen, "relative"), [], "a relative timer is not overdue")
        machine.check("for i in $(seq 100); do [ -s /run/hourly ] && exit 0; sleep .1; done; exit 0")
        machine.check("sleep 2")
        minutes = said(watched(bed), "minute")
        tap.ok(minutes and int(minutes[0]) >= 3 * 1440 - 60 and len(minutes) < 4,
               "a timer of every minute goes off once, and counts those that it missed", minutes)
        tap.equal(len(machine.check("cat /run/hourly").split()), 1,
                  "a systemd timer of every hour fires once")

        # The kernel's own resume believes a counter that is further than at the capture.
        bed.must_take(what="the restored system takes a snapshot, soon after power-on")
        machine.attend = wait_in_menu(machine.age + 5)
        restore_at(tap, bed, 9, "with the counter ahead", ("rtc-set",), 4, False)
        machine.attend = None

        no_rtc(tap, bed)


def no_rtc(tap, bed):
    machine = bed.machine
    machine.check("cd /sys/bus/amba/drivers/rtc-pl031; echo $(ls -d *.pl031) >unbind; "
                  f"mkdir -p /etc/snapcap; printf '[clock]\\nno-rtc-advance = {HOURLY_S}\\n' "
                  ">/etc/snapcap/snapcap.conf")
    bed.must_take(what="a snapshot without RTC")
    taken = time_of_day(bed)
    power_on_at(bed, 20)
    bed.restore()
    bed.take_result(60)
    real = time_of_day(bed)
    tap.ok(taken + HOURLY_S - 60 < real < taken + HOURLY_S + machine.age + 2,
           "without an RTC: the time of the take and what the configuration adds",
           f"{taken}, now {real}")
    tap.equal(machine.check(f"cat {SYSFS}/clock").strip(), "advanced", "and the module says so")
