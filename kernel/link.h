/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link - a descriptor that a BPF program is attached by
 *
 * Closing its last copy detaches the program, or what has replaced it.
 * /proc/PID/fdinfo says what it is.
 */
#ifndef KPX_LINK_H
#define KPX_LINK_H

struct kpx_link;
struct kpx_probe;

/*
 * A link that isn't installed yet, to be abandoned or installed. ERR_PTR. Sleeps.
 */
struct kpx_link *kpx_link_create(void);

/* Its program is attached to @probe, of which it takes over a reference. */
void kpx_link_bind(struct kpx_link *link, struct kpx_probe *probe);

/* The descriptor that it will be. */
int kpx_link_fd(const struct kpx_link *link);

/* It's the caller's process's from here on. */
void kpx_link_install(struct kpx_link *link);

/* Detaches, if it is bound. Sleeps. */
void kpx_link_abandon(struct kpx_link *link);

#endif /* KPX_LINK_H */
