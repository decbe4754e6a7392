/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict - what was found out about a file, as text and as JSON
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "collect.h"
#include "text.h"

void verdict_text(struct text *out, const char *path,
		  const struct kpc_verify_result *result);
void verdict_json(struct text *out, const char *path,
		  const struct kpc_verify_result *result);
const char *verdict_word(enum kpc_verdict verdict);

#endif /* VERDICT_H */
