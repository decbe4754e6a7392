/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uprobes - the kernel's user-space probes, as tracefs has them
 *
 * Each is a trace event of the group collect_PID, in uprobe_events, and is recorded
 * as any tracepoint. (In a pid namespace of its own, collect_nNAMESPACE_PID: tracefs
 * is for all of them.) It goes when the recording ends; those of a recording that was
 * killed go when the next one with such probes begins.
 */
#ifndef KPC_UPROBES_H
#define KPC_UPROBES_H

#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "userprobe.h"

/* Zeroed is none. */
struct kpc_uprobes {
	const char *root; /* of tracefs */
	char **name;	  /* GROUP/EVENT, of all that were defined */
	uint32_t nr;
};

/*
 * @root is borrowed. Removes what recordings left that are gone. -EACCES, -ENOENT
 * (a kernel without them) with the reason.
 */
int kpc_uprobes_open(struct kpc_uprobes *uprobes, const char *root, char *error,
		     size_t error_size);
/*
 * Defines all places of @probe, in the file at @path, as one trace event, and fills
 * @event (zeroed before, for kpc_event_uninit() after) and its perf config @id.
 */
int kpc_uprobes_define(struct kpc_uprobes *uprobes,
		       const struct kpc_userprobe *probe, const char *path,
		       struct kpc_event *event, uint64_t *id, char *error,
		       size_t error_size);
/* Removes them; their events must be closed. */
void kpc_uprobes_close(struct kpc_uprobes *uprobes);

/*
 * Within the text of uprobe_events: whose group an event is of, whose groups begin
 * with @group; 0: not ours.
 */
pid_t kpc_uprobes_owner(const char *line, const char *group);
/*
 * From the text of error_log: the reason and the command with a caret, of the last
 * one that was @command; false: none was.
 */
bool kpc_uprobes_reason(const char *log, const char *command, char *text,
			size_t size);

#endif /* KPC_UPROBES_H */
