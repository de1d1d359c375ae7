#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the scenarios of the QEMU tests and prints their points as one TAP stream.

Each scenario is a process of its own, killed with all it started when its time
is up. Its points are in build/check/NAME.tap as well, its console logs and what
QEMU said in build/check/NAME/.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import parts  # noqa: E402
import payload  # noqa: E402
import scenarios  # noqa: E402
import tap  # noqa: E402


class Run:
    """A scenario that is running."""

    def __init__(self, scenario):
        self.scenario = scenario
        folder = parts.BUILD / "check"
        folder.mkdir(parents=True, exist_ok=True)
        self.log_path = folder / f"{scenario.name}.tap"
        self.log = open(self.log_path, "w")
        self.started = time.monotonic()
        self.process = subprocess.Popen([sys.executable, __file__, "--run", scenario.name],
                                        stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)

    @property
    def age(self):
        return time.monotonic() - self.started

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def finished(self):
        """Return: None while it runs, else what went wrong, '' for nothing"""
        if self.process.poll() is None:
            if self.age < self.scenario.limit:
                return None
            self.kill()
            return f"killed after {self.scenario.limit} s"
        self.kill()
        return "" if self.process.returncode == 0 else "failed"

    def points(self):
        """What the scenario printed: (ok, text) of points, (None, text) of the rest."""
        self.log.close()
        found, planned = [], None
        for line in self.log_path.read_text(errors="replace").splitlines():
            match = re.match(r"(not )?ok \d+ - (.*)", line)
            if match:
                found.append((not match[1], match[2]))
            elif re.match(r"1\.\.\d+$", line):
                planned = int(line[3:])
            else:
                found.append((None, line))
        if planned is None or planned != sum(ok is not None for ok, _ in found):
            found.append((False, "came to its end"))
        return found


class Report:
    """The points of all scenarios as one TAP stream."""

    def __init__(self):
        self.number = self.failed = 0

    def point(self, ok, text):
        self.number += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.number} - {text}")

    def add(self, run, trouble):
        name = run.scenario.name
        points = run.points()
        print(f"# {name}: {run.scenario.about}")
        keep = False
        for ok, text in points:
            if ok is not None:
                self.point(ok, f"{name}: {text}")
                keep = not ok
            elif keep or text.startswith("# ["):
                print(text if text.startswith("#") else f"# {text}")
        if trouble and all(ok is not False for ok, _ in points):
            self.point(False, f"{name}: {trouble}")
        how = trouble or "passed"
        print(f"# {name}: {how} ({run.age:.0f} s), logs in {run.log_path.with_suffix('')}/",
              flush=True)


def run_all(chosen, jobs):
    """Return: number of points that failed"""
    waiting, running, report = list(chosen), [], Report()
    print("TAP version 13", flush=True)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(Run(waiting.pop(0)))
            time.sleep(0.1)
            for run in list(running):
                trouble = run.finished()
                if trouble is not None:
                    running.remove(run)
                    report.add(run, trouble)
    finally:
        for run in running:
            run.kill()
    print(f"1..{report.number}", flush=True)
    return report.failed


def prepare(chosen):
    """Builds everything once; the scenarios get the paths of what is shared."""
    flavours = sorted({scenario.flavour for scenario in chosen})
    parts.build(flavours, tests=True)
    for flavour in flavours:
        os.environ[f"SNAPCAP_KERNEL_{flavour.upper()}"] = str(parts.kernel_dir(flavour))
        os.environ[f"SNAPCAP_PAYLOAD_{flavour.upper()}"] = str(payload.build(flavour))
    os.environ["SNAPCAP_ROOTFS"] = str(parts.root_image())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--list", action="store_true", help="names of all scenarios")
    parser.add_argument("--soak", action="store_true", help="those that take too long for every day")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="run only these")
    parser.add_argument("--jobs", type=int, default=2, help="scenarios at a time (default: 2)")
    parser.add_argument("--run", metavar="NAME", help="run one here, its points to stdout")
    args = parser.parse_args()
    everything = scenarios.load()
    by_name = {scenario.name: scenario for scenario in everything}
    for name in (args.only or []) + ([args.run] if args.run else []):
        if name not in by_name:
            parser.error(f"no scenario '{name}'; see --list")
    if args.list:
        for scenario in everything:
            print(f"{scenario.name:20} {scenario.about}")
        return 0
    if args.run:
        return tap.Tap().run(by_name[args.run].run)
    chosen = ([by_name[name] for name in args.only] if args.only else
              [scenario for scenario in everything if scenario.soak == args.soak])
    # A killed rig must still end what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        prepare(chosen)
    except (parts.MissingPart, subprocess.CalledProcessError) as error:
        print(f"Bail out! {error}")
        return 1
    return 1 if run_all(chosen, args.jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
