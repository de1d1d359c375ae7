# SPDX-License-Identifier: GPL-2.0-only
"""Something is mounted in the guest, and `snapctl check` says which class it is of."""

import json

REFUSED = 13
VOLATILE, IMMUTABLE, PERSISTENT, FORBIDDEN = 1, 2, 3, 4
CONF = "/etc/snapcap/snapcap.conf"
FOLDER = "/run/m"
# Ends what held() started, until nothing is in the way any more.
LET_GO = ("systemctl stop holder; i=0; while ! snapctl check -q >/dev/null 2>&1 && "
          "[ $i -lt 50 ]; do sleep .1; i=$((i+1)); done")


def check(bed):
    """Return: exit code, entries"""
    job = bed.machine.run("snapctl check --json 2>/run/check.err")
    try:
        return job.code, json.loads(job.stdout)["entries"]
    except (ValueError, KeyError):
        bed.tap.note(f"no table: {job}; {bed.machine.run('cat /run/check.err').stdout}")
        return job.code, []


def refused(entries):
    return [entry for entry in entries if entry["class"] == FORBIDDEN]


def short(entries):
    return [f"{e['class']} {e['where']} {e['type']} on {e['device']}: {e['why']}" for e in entries]


def listed(bed, *mounts):
    text = "[filesystems]\\npersistent = " + " ".join(mounts) + "\\n" if mounts else ""
    bed.machine.check(f"printf '{text}' >{CONF}")


def judge(bed, commands, where, expected, what, undo=":", why=""):
    """Mounts, looks, and unmounts all that was mounted, newest first."""
    bed.machine.check(f"set -e; mkdir -p {FOLDER}/a {FOLDER}/b {FOLDER}/c {FOLDER}/d; cd {FOLDER}; "
                      f"{commands}")
    code, entries = check(bed)
    found = [e for e in entries if e["where"] == where]
    bad = refused(entries)
    fits = (found and found[0]["class"] == expected and why in found[0]["why"] and
            code == (REFUSED if bad else 0) and (expected != FORBIDDEN or bad))
    bed.tap.ok(fits, f"{what}: class {expected}", f"exit code {code}\n" + "\n".join(short(entries)))
    bed.machine.check(f"for m in d c b a; do while mountpoint -q {FOLDER}/$m; do umount "
                      f"{FOLDER}/$m; done; done; losetup -D; rm -f /run/*.img; {undo}")


def found_and_named(bed, start, stop, what, fits):
    """Something that is not mounted where we are: found, and who has it."""
    bed.machine.check(start)
    code, entries = check(bed)
    bad = refused(entries)
    bed.tap.ok(code == REFUSED and any(fits(entry) for entry in bad), what,
               f"exit code {code}, {bad}")
    bed.machine.check(stop)
    code, entries = check(bed)
    bed.tap.equal(code, 0, f"{what}: and gone with it", short(refused(entries)))


def held(command):
    """Starts a unit that has done something, and then sleeps."""
    return (f"systemd-run -q --unit=holder sh -c '{command}; >/run/holder; exec sleep 7777'; "
            "i=0; while [ ! -e /run/holder ] && [ $i -lt 100 ]; do sleep .1; i=$((i+1)); done; "
            "rm /run/holder")


def by_holder(entry):
    return any(h["command"] == "sleep" and h["unit"] == "holder.service"
               for h in entry["holders"])
