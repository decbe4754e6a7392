/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rotate - a session's trace in parts
 */
#ifndef KPC_ROTATE_H
#define KPC_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "session.h"

/* It is to be written in parts. */
bool kpc_session_rotates(const struct kpc_session *session);
/* Its options: 0, or -EINVAL with the reason. */
int kpc_session_check_rotate(struct kpc_session *session);
/* Allocated; NULL with 0 if all parts go to one place. */
int kpc_session_first_part(struct kpc_session *session, char **path);
/* The current part is large enough, or old enough. */
bool kpc_session_rotate_due(const struct kpc_session *session, uint64_t now_ns);
/* When it will be old enough; UINT64_MAX: never. */
uint64_t kpc_session_rotate_due_ns(const struct kpc_session *session);
/*
 * Ends the part and begins the next. What threads put meanwhile waits, and is in
 * the next. 0, or the errno of the outlet's failure.
 */
int kpc_session_rotate(struct kpc_session *session);

/* What was noted of threads, mappings, cgroups and text that came. */
int kpc_session_write_noted(struct kpc_session *session);
/*
 * As a part or a dump ends, by who has the outlet's lock: the same with what is in the
 * rings, so that all rows in it have their names. It is short: they were heard just
 * before, without the lock.
 */
int kpc_session_write_heard(struct kpc_session *session);

#endif /* KPC_ROTATE_H */
