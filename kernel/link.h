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
 * A link that isn't installed yet: kpx_link_install() makes it a descriptor of
 * the caller's and can't fail; kpx_link_abandon() undoes it. ERR_PTR. Sleep.
 */
struct kpx_link *kpx_link_create(void);
void kpx_link_abandon(struct kpx_link *link);

/* Its program is attached to @probe, of which it takes over a reference. */
int kpx_link_install(struct kpx_link *link, struct kpx_probe *probe);

#endif /* KPX_LINK_H */
