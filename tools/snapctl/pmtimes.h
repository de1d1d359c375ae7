/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time of each device's callbacks in a suspend: the kernel tells it in its log
 * when it is asked to.
 */
#ifndef SNAPCTL_PMTIMES_H
#define SNAPCTL_PMTIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** enum pm_phase - of a suspend and its resume, in their order */
enum pm_phase {
	PM_PHASE_FREEZE,
	PM_PHASE_FREEZE_LATE,
	PM_PHASE_FREEZE_NOIRQ,
	PM_PHASE_THAW_NOIRQ,
	PM_PHASE_THAW_EARLY,
	PM_PHASE_THAW,
	PM_PHASE_UNKNOWN,	/* the kernel does not tell */
	PM_PHASES,
};

#define PM_CALLBACK_SIZE	80

/**
 * struct pm_call - a callback that was called
 * @device: name
 * @bus: or class; "" when the kernel does not say
 * @callback: symbol
 * @phase: when
 * @us: how long, microseconds
 * @error: what it returned, 0 or negative errno
 */
struct pm_call {
	char device[64];
	char bus[32];
	char callback[PM_CALLBACK_SIZE];
	enum pm_phase phase;
	uint64_t us;
	int error;
};

/**
 * struct pm_times - all of them
 * @call: calls, in their order
 * @count: of them
 * @us: time of each phase, microseconds
 * @told: are there any times? else @why
 * @lost: lines of the log were overwritten before they could be read
 * @why: why there are no times
 */
struct pm_times {
	struct pm_call *call;
	size_t count;
	uint64_t us[PM_PHASES];
	bool told;
	bool lost;
	char why[120];
};

/** pm_phase_name() - for programs and for persons */
const char *pm_phase_name(enum pm_phase phase);

/** struct pm_parser - state of pm_times_feed(); zeroed before the first call */
struct pm_parser {
	char line[8192];
	size_t len;
	bool have_call;
	bool too_long;
	struct pm_call call;
	size_t without_phase;
};

/**
 * pm_times_feed() - take in a piece of the kernel's log, in the form of /dev/kmsg
 * @times: result
 * @parser: state
 * @text: the piece
 * @size: its bytes
 *
 * What is not of the kernel itself, or not of the exact form of its lines about
 * callbacks, is left out: anybody may write to a log.
 *
 * Return: 0, -ENOMEM
 */
int pm_times_feed(struct pm_times *times, struct pm_parser *parser, const char *text, size_t size);

/** pm_times_end() - what was taken in is all; 0, -ENOMEM */
int pm_times_end(struct pm_times *times, struct pm_parser *parser);

/** pm_times_free() - free what belongs to @times */
void pm_times_free(struct pm_times *times);

struct pm_record;

/**
 * pm_record_start() - have the kernel tell the times, from here on
 * @record: result, ended with pm_record_stop()
 * @times: gets the reason where there will be none
 *
 * The kernel's switches are set back when pm_record_stop() is called, or by a
 * process that waits for it when this one dies.
 *
 * Return: 0, also when there will be no times; negative errno when it is unsafe to go on
 */
int pm_record_start(struct pm_record **record, struct pm_times *times);

/** pm_record_stop() - read the times and set the switches back; 0 or a negative errno */
int pm_record_stop(struct pm_record *record, struct pm_times *times);

#endif /* SNAPCTL_PMTIMES_H */
