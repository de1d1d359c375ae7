# SPDX-License-Identifier: GPL-2.0-only
"""make bench: the same Debian system on the same kernel, three ways up.

Cold boot by the loader; resume by mainline hibernation, its kernel booted by
the loader as well; restore of a snapshot. All in one run, each several times;
the medians, their ratios and the bars they are held to are printed and written
to build/bench.json. Exit code 1 when a bar is missed.

Times are seconds since power-on: inside the machine the counter starts with it,
outside the clock starts right before the QEMU process does.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

import flash as flash_module
import parts
import payload
from bed import BOOT_S, CMDLINE, RESTORE_S, TAKE_S
from machine import Machine, MachineError

FOLDER = parts.BUILD / "check" / "bench"
SWAP_SIZE = 1 << 30
KEYS = ("stub_entry_s", "jump_s", "devices_s", "thaw_s", "http_s")
# Bars: name, what it compares, limit, and whether more or less is better.
EVENTS = {"stub-entry": "stub_entry_s", "jump": "jump_s", "devices": "devices_s",
          "thaw": "thaw_s"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def status(machine):
    return json.loads(machine.check("snapctl status --json", 60))


def timeline(machine):
    """The loader's and the module's timeline of this life, in seconds."""
    result = {}
    for entry in status(machine)["boot"]["timeline"]:
        if entry["event"] in EVENTS:
            result[EVENTS[entry["event"]]] = entry["ns"] / 1e9
    return result


class Bench:
    def __init__(self, runs, cpus, gic):
        self.runs = runs
        self.machine_args = {"root": parts.root_image(), "payload": payload.build("base"),
                             "cpus": cpus, "gic": gic}
        self.kernel = parts.kernel_image("base")
        self.samples = {"cold": [], "hibernation": [], "snapshot": []}
        self.take = None
        self.hibernated_bytes = 0

    def note(self, what, sample):
        self.samples[what].append(sample)
        say(f"  {what} {len(self.samples[what])}/{self.runs}: "
            + ", ".join(f"{k[:-2]} {sample[k]:.3f}" for k in KEYS if k in sample))

    def cold_and_snapshot(self):
        flash = flash_module.bootable(FOLDER / "flash", self.kernel, CMDLINE)
        with Machine(FOLDER / "snapshot", flash=flash, **self.machine_args) as machine:
            for _ in range(self.runs):
                machine.kill()
                machine.start()
                http = machine.wait_http(BOOT_S)[0]
                self.note("cold", {**timeline(machine), "http_s": http})
            # What a maker would do: let the system come to rest, then take.
            machine.run("systemctl is-system-running --wait", BOOT_S)
            job = machine.run("snapctl take --json", TAKE_S)
            if job.code:
                raise MachineError(f"take: {job}")
            self.take = json.loads(job.stdout)
            for _ in range(self.runs):
                machine.kill()
                machine.start()
                http = machine.wait_http(RESTORE_S)[0]
                if status(machine)["state"] != "boot":
                    machine.fail("the snapshot was not restored")
                self.note("snapshot", {**timeline(machine), "http_s": http})

    def hibernation(self):
        """Resumed again and again from a copy of the same swap space."""
        golden, disk = FOLDER / "swap.golden", FOLDER / "swap.img"
        with open(disk, "wb") as swap:
            swap.truncate(SWAP_SIZE)
        subprocess.run(["/sbin/mkswap", disk], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        flash = flash_module.bootable(FOLDER / "flash", self.kernel, CMDLINE + " resume=/dev/vdc")
        with Machine(FOLDER / "hibernation", flash=flash, disks=[disk],
                     **self.machine_args) as machine:
            machine.start()
            machine.wait_http(BOOT_S)
            machine.run("systemctl is-system-running --wait", BOOT_S)
            machine.check("swapon /dev/vdc && echo 1 >/sys/power/pm_debug_messages && "
                          "echo shutdown >/sys/power/disk")
            say("  hibernating")
            try:
                machine.run("sync; echo disk >/sys/power/state", TAKE_S)
            except Exception:  # the answer dies with the machine
                pass
            machine.wait_exit(TAKE_S)
            subprocess.run(["cp", "--sparse=always", disk, golden], check=True)
            self.hibernated_bytes = golden.stat().st_blocks * 512
            for _ in range(self.runs):
                subprocess.run(["cp", "--sparse=always", golden, disk], check=True)
                machine.start()
                http = machine.wait_http(BOOT_S)[0]
                self.note("hibernation", {**timeline(machine), **self.kernel_times(machine),
                                          "http_s": http})
                machine.kill()

    @staticmethod
    def kernel_times(machine):
        """When devices and tasks were back, from the kernel's log.

        Its clock went on from where it was when the image was made; a line
        with the counter's value ties it to the time since power-on.
        """
        machine.check("/usr/lib/snapcap/kmsg_counter")
        log = machine.check("dmesg", 60)
        anchor = re.findall(r"^\[ *([\d.]+)\].*snapcap-counter (\d+)", log, re.M)[-1]
        offset = int(anchor[1]) / 1e9 - float(anchor[0])
        result = {}
        for key, pattern in (("devices_s", r"restore of devices complete"),
                             ("thaw_s", r"Restarting tasks")):
            found = re.findall(r"^\[ *([\d.]+)\].*" + pattern, log, re.M)
            if found:
                result[key] = float(found[-1]) + offset
        return result

    def result(self):
        medians = {}
        for what, samples in self.samples.items():
            medians[what] = {key: round(statistics.median(s[key] for s in samples), 4)
                             for key in KEYS if all(key in s for s in samples)}
        take = self.take["status"]
        held = (take["stream_pages"] + take["zero_pages"]) * 4096
        http = {what: medians[what]["http_s"] for what in medians}
        return {
            **medians,
            "ratios": {
                "cold_to_snapshot": round(http["cold"] / http["snapshot"], 2),
                "hibernation_to_snapshot": round(http["hibernation"] / http["snapshot"], 2),
                "image_to_memory": round(take["image_bytes"] / held, 4),
            },
            "take": {
                "memory_bytes": held,
                "image_bytes": take["image_bytes"],
                "frozen_s": round(take["frozen_ns"] / 1e9, 4),
                "atomic_s": round(take["atomic_ns"] / 1e9, 4),
                "write_s": round(take["write_ns"] / 1e9, 4),
                "frozen_per_64_mib_s": round(take["frozen_ns"] / 1e9 * (64 << 20) / held, 4),
            },
            "hibernation_image_bytes": self.hibernated_bytes,
            "stub_bytes": parts.bootstub().stat().st_size,
            "runs": self.runs,
        }


def bars(result):
    ratios, take = result["ratios"], result["take"]
    return (
        ("cold boot / restore", ratios["cold_to_snapshot"], ">=", 30),
        ("hibernation / restore", ratios["hibernation_to_snapshot"], ">=", 5),
        ("image / memory held", ratios["image_to_memory"], "<=", 0.45),
        ("freeze to thaw, per 64 MiB (s)", take["frozen_per_64_mib_s"], "<=", 0.3),
        ("loader (bytes)", result["stub_bytes"], "<=", 96 << 10),
    )


def table(result):
    names = ("cold", "hibernation", "snapshot")
    lines = ["", "Seconds since power-on, median of " + str(result["runs"]) + ":", "",
             f"{'':26}" + "".join(f"{n:>13}" for n in names)]
    labels = ("loader starts", "loader leaves", "devices resumed", "tasks thawed",
              "first HTTP 200")
    for key, label in zip(KEYS, labels):
        cells = (f"{result[n][key]:13.3f}" if key in result[n] else f"{'-':>13}" for n in names)
        lines.append(f"{label:26}" + "".join(cells))
    take = result["take"]
    lines += ["", f"Take: {take['memory_bytes'] >> 20} MiB held in {take['image_bytes'] >> 20} MiB, "
                  f"frozen {take['frozen_s']:.3f} s, written in {take['write_s']:.3f} s", ""]
    missed = 0
    for name, value, relation, limit in bars(result):
        met = value >= limit if relation == ">=" else value <= limit
        missed += not met
        lines.append(f"{name:32}{value:>10.6g}   bar {relation} {limit:<8g} "
                     f"{'met' if met else 'MISSED'}")
    return "\n".join(lines), missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--gic", type=int, default=2)
    args = parser.parse_args()
    if args.runs < 1:
        parser.error("--runs: at least 1")

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    began = time.monotonic()
    bench = Bench(args.runs, args.cpus, args.gic)
    say("cold boots, then a snapshot and its restores")
    bench.cold_and_snapshot()
    say("mainline hibernation")
    bench.hibernation()
    result = bench.result()
    result["cpus"] = args.cpus
    text, missed = table(result)
    output = parts.BUILD / "bench.json"
    output.write_text(json.dumps(result, indent=1) + "\n")
    print(text)
    print(f"\n{output} written, {time.monotonic() - began:.0f} s")
    for name in ("flash", "swap.img", "swap.golden"):
        path = FOLDER / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    os.chdir(parts.TOP)
    main()
