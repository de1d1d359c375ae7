/* SPDX-License-Identifier: GPL-2.0-only */
/* Progress on stderr: a bar on a terminal, a line per stage elsewhere. */
#ifndef SNAPCTL_PROGRESS_H
#define SNAPCTL_PROGRESS_H

/**
 * progress_update() - show where the work is
 * @stage: a word for the current stage
 * @percent: of it, 0..100
 */
void progress_update(const char *stage, unsigned int percent);

/** progress_left() - the same, for what ends by itself in @left_s seconds */
void progress_left(const char *stage, unsigned int percent, unsigned int left_s);

/** progress_end() - remove the bar; the next update starts afresh */
void progress_end(void);

#endif /* SNAPCTL_PROGRESS_H */
