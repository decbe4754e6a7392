/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfformat - the text that tracefs has of an event's format, from the fields and the
 * print format that a trace has
 */
#ifndef KPC_PERFFORMAT_H
#define KPC_PERFFORMAT_H

#include <stddef.h>

#include "perfevent.h"

/* Appends it, of a tracepoint whose fields have their places. */
void kpc_perfformat_add(struct kpc_buf *text, const struct kpc_perfevent *perf,
			const char *name);
/* @text with what is no letter, digit or _ made one; NULL without memory. */
char *kpc_perfformat_word(const char *text, size_t bytes);

#endif /* KPC_PERFFORMAT_H */
