/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trigger - the first record of an event, perhaps with a condition, that sets
 * something off
 *
 * Threads that read rings look at each record of that event; somebody else waits
 * for the descriptor.
 */
#ifndef KPC_TRIGGER_H
#define KPC_TRIGGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "condition.h"

/* Zeroed is none. */
struct kpc_trigger {
	bool set;
	uint32_t event;			 /* its id */
	struct kpc_condition *condition; /* NULL: any record of it */
	int fd;				 /* an eventfd, written to at the hit */
	_Atomic uint64_t hit_ns;	 /* the record's time; 0: none yet */
};

/*
 * @text: EVENT, or EVENT if EXPRESSION; the event by its name among @events. 0 or
 * a negative errno with the reason; for kpc_trigger_uninit() in any case. @fd is
 * borrowed.
 */
int kpc_trigger_init(struct kpc_trigger *trigger, const char *text,
		     const struct kpc_event *events, uint32_t nr_events, int fd,
		     char *error, size_t error_size);
void kpc_trigger_uninit(struct kpc_trigger *trigger);

/* A record of the event. From any thread. */
void kpc_trigger_look(struct kpc_trigger *trigger, const uint8_t *raw,
		      uint32_t bytes, uint64_t time_ns);

#endif /* KPC_TRIGGER_H */
