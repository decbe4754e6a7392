/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy - writes what is good of a surveyed trace, packet by packet, with a new
 * index and a new footer
 */
#ifndef KPC_COPY_H
#define KPC_COPY_H

#include "sink.h"
#include "survey.h"

/*
 * @merged: to be said in the Header, which is the only packet that changes then;
 * or NULL. A trace without a Header is copied without. 0 or a negative errno; of
 * a failed write the sink has the text.
 */
int kpc_copy_trace(struct kpc_sink *sink, struct kpc_survey *survey,
		   const struct kpc_trace *trace,
		   const Kprobex__Merged *merged);
/* 0, or -EINVAL if @out is the file that @survey was made of, with the text. */
int kpc_copy_check(const struct kpc_survey *survey, const char *out,
		   char *error, size_t error_size);

#endif /* KPC_COPY_H */
