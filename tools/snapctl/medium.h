/* SPDX-License-Identifier: GPL-2.0-only */
/* The TARGET argument of list, info, verify and drop. */
#ifndef SNAPCTL_MEDIUM_H
#define SNAPCTL_MEDIUM_H

#include "cmd.h"
#include "flash.h"
#include "json.h"
#include "slots.h"

/** medium_argp - --offset, --size, --erase-size and TARGET; input: struct medium_options */
extern const struct argp medium_argp;

/** MEDIUM_DOC - the part of the help text that explains TARGET */
#define MEDIUM_DOC \
	"TARGET is an MTD device (/dev/mtd3, mtd3, mtd:snapshot, or just snapshot) or a file: " \
	"an image or a dump of the flash. Default: mtd:" SNAPCTL_DEFAULT_TARGET "."

/** select_argp - --sequence and --at; input: struct select_options */
extern const struct argp select_argp;

/** medium_open() - flash_open() with a message; returns an exit code */
int medium_open(const struct medium_options *m, bool writable, struct flash **flash);

/** medium_check_idle() - is there no take that writes to it? With a message; an exit code */
int medium_check_idle(const struct flash *flash);

/** medium_json() - which medium this is about */
struct json_object *medium_json(const struct flash *flash);

/** medium_ecc_json() - bit errors that were seen so far; NULL where nothing tells of them */
struct json_object *medium_ecc_json(const struct flash *flash);

/** medium_report_ecc() - the same for a person, when there is something to do */
void medium_report_ecc(const struct flash *flash);

#endif /* SNAPCTL_MEDIUM_H */
