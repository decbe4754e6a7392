/* SPDX-License-Identifier: GPL-2.0-only */
/* formats - all that a trace can be exported to */
#ifndef KPC_FORMATS_H
#define KPC_FORMATS_H

#include "format.h"

extern const struct kpc_export_format kpc_format_json;
extern const struct kpc_export_format kpc_format_csv;
extern const struct kpc_export_format kpc_format_folded;
extern const struct kpc_export_format kpc_format_speedscope;
extern const struct kpc_export_format kpc_format_pprof;
extern const struct kpc_export_format kpc_format_perfdata;
extern const struct kpc_export_format kpc_format_perfetto;
extern const struct kpc_export_format kpc_format_ctf;

/* NULL: there is none of that name; the one behind the last. */
const struct kpc_export_format *kpc_format_find(const char *name);
const struct kpc_export_format *kpc_format_at(uint32_t number);

#endif /* KPC_FORMATS_H */
