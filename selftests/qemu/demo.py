# SPDX-License-Identifier: GPL-2.0-only
"""make demo: the whole story once, for somebody who has not seen it.

A Debian 12 system boots cold from flash, a snapshot is taken, the power is cut,
and at the next power-on the system is there again. The page is fetched before
and after, and the time from reset is shown. Exit code 0 when all of it worked.
"""

import json
import os
import re
import shutil
import sys

import flash as flash_module
import parts
import payload
from agent import AgentError
from bed import BOOT_S, CMDLINE, PAGE_MARK, RESTORE_S, TAKE_S
from machine import Machine, MachineError

FOLDER = parts.BUILD / "demo"
WIDTH = 46


def step(text):
    print(f"\n== {text}", flush=True)


def show(text):
    print("   " + text.rstrip().replace("\n", "\n   "), flush=True)


def headline(page):
    """What a person would see of the page first."""
    text = page.decode(errors="replace")
    found = re.search(r"<h1>(.*?)</h1>", text, re.S) or re.search(r"<title>(.*?)</title>", text,
                                                                  re.S)
    return found.group(1).strip() if found else text.strip().splitlines()[0]


def served(page):
    if PAGE_MARK not in page:
        raise MachineError(f"not the page that was expected: {page[:200]}")
    show(f'http: 200, "{headline(page)}"')


def status(machine):
    return json.loads(machine.check("snapctl status --json", 60))


def draw(entries):
    """The timeline as bars, one line for each step."""
    end = entries[-1][1]
    before = 0.0
    for name, seconds in entries:
        bar = "#" * max(1, round((seconds - before) / end * WIDTH))
        indent = " " * min(WIDTH - len(bar), round(before / end * WIDTH))
        show(f"{name:28}{seconds * 1000:9.1f} ms  |{(indent + bar):{WIDTH}}|")
        before = seconds


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    step("Flash as it leaves the factory: boot loader, kernel, no snapshot")
    flash = flash_module.bootable(FOLDER / "flash", parts.kernel_image("base"), CMDLINE)
    show(f"boot loader: {parts.bootstub().stat().st_size} bytes")

    with Machine(FOLDER, flash=flash, root=parts.root_image(), payload=payload.build("base"),
                 cpus=2, gic=2) as machine:
        step("Power on: cold boot (kernel, systemd, services); about 15 seconds")
        machine.start()
        cold, page = machine.wait_http(BOOT_S)
        served(page)
        show(f"first answer {cold:.2f} s after power-on")
        machine.run("systemctl is-system-running --wait", BOOT_S)
        boot_id = machine.check("date +%s%N | tee /run/demo-mark").strip()
        show(f"a mark is left in memory (tmpfs): {boot_id}")

        step("snapctl take: capture the running system into flash")
        job = machine.run("snapctl take; echo exit code $?", TAKE_S)
        if "exit code 0" not in job.stdout:
            raise MachineError(f"take: {job}")
        show(job.stdout)

        step("Power cut: the QEMU process is killed")
        machine.kill()

        step("Power on: bootstub finds the snapshot, verifies it, puts it back, jumps")
        machine.start()
        warm, page = machine.wait_http(RESTORE_S)
        served(page)
        show(f"first answer {warm:.2f} s after power-on")
        restored = status(machine)
        mark = machine.check("cat /run/demo-mark").strip()
        if restored["state"] != "boot" or mark != boot_id:
            machine.fail(f"not restored: state {restored['state']}, mark {mark}")
        show(f"the mark in memory is still there: {mark}")
        machine.assert_clean()

        step("Where the time went, from reset to the answer")
        entries = [(e["event"], e["ns"] / 1e9) for e in restored["boot"]["timeline"]]
        draw(entries + [("page served", max(warm, entries[-1][1]))])

    step(f"Cold boot {cold:.2f} s, restore {warm:.2f} s: {cold / warm:.0f} times faster")
    show("make bench compares medians on a quiet machine, with mainline hibernation too.")
    show(f"Logs of the serial console: {FOLDER}/console-*.log")


if __name__ == "__main__":
    os.chdir(parts.TOP)
    try:
        main()
    except (MachineError, AgentError, parts.MissingPart) as error:
        sys.exit(f"demo: {error}")
