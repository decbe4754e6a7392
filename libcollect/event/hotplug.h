/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hotplug - when to look which CPUs are online: at once when the kernel says that
 * one came or went, and each second in any case
 *
 * The kernel's uevents come as soon as a CPU is online, so little of it goes
 * unrecorded. But they may be lost, and some namespaces don't get them: what is so
 * is read from sysfs, and that is done each second, too.
 */
#ifndef KPC_HOTPLUG_H
#define KPC_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kpc_hotplug {
	int fd; /* to poll; -1: there are no uevents */
	uint64_t looked_ns;
};

void kpc_hotplug_open(struct kpc_hotplug *hotplug, uint64_t now_ns);
/* Is it time? Then it is taken as done. */
bool kpc_hotplug_look(struct kpc_hotplug *hotplug, uint64_t now_ns);
void kpc_hotplug_close(struct kpc_hotplug *hotplug);

/* Does the message of @bytes say that a CPU came or went? For tests. */
bool kpc_hotplug_is_cpu(const char *message, size_t bytes);

#endif /* KPC_HOTPLUG_H */
