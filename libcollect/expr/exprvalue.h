/* SPDX-License-Identifier: GPL-2.0-only */
/* exprvalue - numbers as an expression has them: 0x1f, -12, 64K, 1.5ms */
#ifndef KPC_EXPRVALUE_H
#define KPC_EXPRVALUE_H

#include <stdbool.h>
#include <stdint.h>

struct kpc_expr_number {
	uint64_t value; /* two's complement */
	bool is_negative;
};

/* NULL, or what is wrong with it. */
const char *kpc_expr_number(const char *text, struct kpc_expr_number *number);
/* Seconds, or with a unit, in nanoseconds. */
const char *kpc_expr_time(const char *text, uint64_t *ns);
/* "192.168.0.1"; false: it isn't one. */
bool kpc_expr_ip4(const char *text, uint64_t *address);

#endif /* KPC_EXPRVALUE_H */
