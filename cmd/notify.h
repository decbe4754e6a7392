/* SPDX-License-Identifier: GPL-2.0-only */
/* notify - tells a service manager that waits for it, as sd_notify(3) does */
#ifndef NOTIFY_H
#define NOTIFY_H

/* It records. Only once, and only if there is one; that it failed is said. */
void notify_ready(void);

#endif /* NOTIFY_H */
