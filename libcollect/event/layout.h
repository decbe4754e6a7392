/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout - what the module says of a record, in the terms of a trace
 */
#ifndef KPC_LAYOUT_H
#define KPC_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "eventspec.h"
#include "uapi/kprobex.h"

/*
 * Adds the @nr fields to @event, which has none: an array becomes as many
 * fields as it has elements. 0, -ENOMEM, or -EBADMSG if they make no sense.
 */
int kpc_layout_fields(struct kpc_event *event, const struct kpx_field *fields,
		      uint32_t nr);
/*
 * Where a record has its weight, the first of the unit's own fields; 0: it has
 * none.
 */
uint32_t kpc_layout_weight_at(const struct kpx_field *fields, uint32_t nr);
/*
 * The number of the argument that @spec's terms mean, whose values can be added
 * up; or -EINVAL, with the reason.
 */
int kpc_layout_argument(const struct kpx_field *fields, uint32_t nr,
			const struct kpc_eventspec *spec, char *error,
			size_t error_size);

#endif /* KPC_LAYOUT_H */
