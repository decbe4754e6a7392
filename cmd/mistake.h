/* SPDX-License-Identifier: GPL-2.0-only */
/* mistake - what was wrong with a command line, and where the help is */
#ifndef MISTAKE_H
#define MISTAKE_H

#include <stdarg.h>

/* Two lines on stderr. Returns CMD_USAGE. */
__attribute__((format(printf, 2, 3))) int mistake(const char *verb,
						  const char *format, ...);
__attribute__((format(printf, 2, 0))) int
vmistake(const char *verb, const char *format, va_list args);
/* What getopt_long() refused with '?', or ':' (a value is missing). The same. */
int mistake_option(const char *verb, int refused, char *const *argv);

#endif /* MISTAKE_H */
