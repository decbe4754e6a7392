/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * self - the recording's own threads, whose events are left out: otherwise it
 * would feed on itself
 */
#ifndef KPC_SELF_H
#define KPC_SELF_H

#include <stdbool.h>
#include <stdint.h>

#define KPC_THREADS_MAX 64		       /* that read rings */
#define KPC_SELF_MAX	(KPC_THREADS_MAX + 16) /* … and the caller's */

/* Zeroed has none. */
struct kpc_self {
	uint32_t tid[KPC_SELF_MAX];
	uint32_t nr;
	uint32_t least; /* of them */
	uint32_t span;	/* the largest is so much more */
};

static inline void kpc_self_add(struct kpc_self *self, uint32_t tid)
{
	uint32_t most = self->nr ? self->least + self->span : tid;

	self->tid[self->nr++] = tid;
	if (self->nr == 1 || tid < self->least)
		self->least = tid;
	self->span = (tid > most ? tid : most) - self->least;
}

/* NULL ok. Asked of every sample: most are told apart by the first line. */
static inline bool kpc_self_has(const struct kpc_self *self, uint32_t tid)
{
	if (!self || tid - self->least > self->span)
		return false;
	for (uint32_t i = 0; i < self->nr; i++)
		if (self->tid[i] == tid)
			return true;
	return false;
}

#endif /* KPC_SELF_H */
