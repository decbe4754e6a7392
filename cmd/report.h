/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report - a file's books as text for people, and as JSON for programs
 */
#ifndef REPORT_H
#define REPORT_H

#include "account.h"
#include "text.h"

void report_text(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct kpc_reader_health *health);
void report_json(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct kpc_reader_health *health);

#endif /* REPORT_H */
