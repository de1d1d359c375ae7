# SPDX-License-Identifier: GPL-2.0-only
"""All scenarios, in the order in which they are run: the long ones first, so
that two machines at a time stay busy to the end."""

import importlib

MODULES = ("guest", "kills", "prefix", "loop", "rescue", "paging", "entry", "kernels", "trouble",
           "auto", "hibernate", "twopass", "filesystems", "persistent", "persistentflash", "unique",
           "drivers", "audit", "stub", "trial", "named", "watchdog", "media", "nand", "changed",
           "changed_os")


class Scenario:
    """
    name:   for --only, and of the folder with its logs
    run:    function(tap) that adds points
    limit:  seconds after which it is killed and failed
    flavour: of the kernel that it needs
    soak:   takes too long for every day: a part of make soak
    """

    def __init__(self, name, run, limit, flavour, soak):
        self.name = name
        self.run = run
        self.limit = limit
        self.flavour = flavour
        self.soak = soak
        self.about = (run.__doc__ or "").strip().split("\n")[0]


_all = []


def scenario(name, limit, flavour="base", soak=False):
    """Registers a function as a scenario."""
    def register(function):
        _all.append(Scenario(name, function, limit, flavour, soak))
        return function
    return register


def load():
    for module in MODULES:
        importlib.import_module(f"scenarios.{module}")
    return list(_all)
