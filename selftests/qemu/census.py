# SPDX-License-Identifier: GPL-2.0-only
"""What a system has of memory, tasks, files and interrupts, life by life: what a take or a
restore leaks shows in the last lives, compared with early ones."""

import re

# Memory that may be less in the last life than in early ones, and files that may be more.
LEAK_KIB, LEAK_FILES = 4096, 8
# Lives before these are not looked at, and so many of each end are.
FIRST, LIVES = 9, 10

# In the guest's shell: one line, as FORM has it.
SCRIPT = r"""
census()
{
    memory=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    # But for those that the kernel makes and ends as it likes.
    tasks=$(grep -L '^kworker/' /proc/[0-9]*/comm | wc -l)
    files=$(cut -f1 /proc/sys/fs/file-nr)
    irqs=$(grep -c : /proc/interrupts)
    echo "$memory KiB, $tasks tasks, $files files, $irqs irqs"
}
"""
FORM = r"(\d+) KiB, (\d+) tasks, (\d+) files, (\d+) irqs"


def parse(text):
    """Return: what a line of census says: memory in KiB, tasks, files, interrupts"""
    return tuple(int(value) for value in re.search(FORM, text).groups())


def best(lives):
    """Of what comes and goes, as it is when least of it is there."""
    memory, *counts = zip(*lives)
    return (max(memory), *map(min, counts))


def leak_points(tap, lives):
    """Ten early lives and the last ten."""
    memory, tasks, files, irqs = zip(best(lives[FIRST:FIRST + LIVES]), best(lives[-LIVES:]))
    told = f"memory {memory} KiB, tasks {tasks}, files {files}, irqs {irqs}"
    tap.note("memory from the tenth life to the last, KiB: " + " ".join(
        str(life[0]) for life in lives[FIRST::max(1, len(lives) // 10)]))
    tap.note(f"early lives and the last: {told}")
    tap.ok(memory[0] - memory[1] < LEAK_KIB and tasks[0] == tasks[1] and
           files[1] - files[0] < LEAK_FILES and irqs[0] == irqs[1],
           "no memory, tasks, files or interrupts are lost from life to life", told)
