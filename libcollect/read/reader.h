/* SPDX-License-Identifier: GPL-2.0-only */
/* reader - reads a trace; the public part is in collect.h */
#ifndef KPC_READER_H
#define KPC_READER_H

#include "collect.h"
#include "trace.h"

/* The current one. */
const struct kpc_trace *kpc_reader_trace(const struct kpc_reader *reader);

#endif /* KPC_READER_H */
