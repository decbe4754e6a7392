/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * name - the names of probes: [kprobex/]NAME, NAME a C identifier; a dot does
 * for the slash, as in kprobe_events
 */
#ifndef KPX_CORE_NAME_H
#define KPX_CORE_NAME_H

#include "error.h"
#include "slice.h"

#define KPX_GROUP "kprobex"

/*
 * Copies the NAME of @at, a slice of @text, into @name, NUL-terminated; ""
 * if @at is the group alone, "kprobex/".
 * 0, or -EINVAL with @err filled.
 */
int kpx_name_parse(struct kpx_slice text, struct kpx_slice at,
		   char name[KPX_NAME_SIZE], struct kpx_error *err);

/*
 * The name that kprobe_events would give: p_SYMBOL_OFFSET or p_0xADDRESS,
 * r_… for a return probe, with '_' for what isn't a letter or digit, cut to
 * the size. @symbol may hold a module ("mod:sym"); NULL for an address.
 */
void kpx_name_auto(bool is_return, const char *symbol, u64 offset_or_address,
		   char name[KPX_NAME_SIZE]);

/* "-:NAME": is it that command at all? */
bool kpx_command_is_remove(struct kpx_slice text);

/* Parses "-:NAME". 0, or -EINVAL with @err filled. */
int kpx_command_parse_remove(struct kpx_slice text, char name[KPX_NAME_SIZE],
			     struct kpx_error *err);

#endif /* KPX_CORE_NAME_H */
