/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that goes to stderr, and colours. */
#ifndef SNAPCTL_MSG_H
#define SNAPCTL_MSG_H

#include <stdbool.h>
#include <stdio.h>

/** msg_error() - what went wrong; also kept for msg_last_error() */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** msg_advice() - what to do about it */
void msg_advice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** msg_info() - a remark, not with --quiet */
void msg_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** msg_verbose() - a remark, only with --verbose */
void msg_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** msg_bar() - draw @text over the current line, which a later message clears; "" clears */
void msg_bar(const char *text);

/** msg_last_error() - text of the last msg_error(), "" when there was none */
const char *msg_last_error(void);

/** msg_last_advice() - text of the last msg_advice(), "" when there was none */
const char *msg_last_advice(void);

/** msg_reset() - forget the last error and advice */
void msg_reset(void);

/** msg_stderr_is_terminal() - may a line be redrawn? */
bool msg_stderr_is_terminal(void);

enum msg_color { MSG_PLAIN, MSG_GOOD, MSG_BAD, MSG_DIM };

/** msg_color() - escape sequence that switches @out to @color; "" where colours are not wanted */
const char *msg_color(FILE *out, enum msg_color color);

#endif /* SNAPCTL_MSG_H */
