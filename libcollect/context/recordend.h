/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recordend - where the members of a record end, and its sample_id begins
 *
 * That is its size without sample_id's, but for PERF_RECORD_KSYMBOL, BPF_EVENT and
 * TEXT_POKE: kernels such as 6.1.192 and 6.18.44 (not 6.12.117) add to their size for each
 * event that hears of it, and don't take it back for the next one, which gets it too large,
 * with old bytes of the ring at its end.
 */
#ifndef KPC_RECORDEND_H
#define KPC_RECORDEND_H

#include <linux/perf_event.h>
#include <stddef.h>

/*
 * Bytes from the record's begin to its sample_id's, which takes @trailer bytes and is
 * inside of the record; @record is as long as it says, and that is no less than its
 * header and @trailer.
 */
size_t kpc_recordend(const struct perf_event_header *record, size_t trailer);

#endif /* KPC_RECORDEND_H */
