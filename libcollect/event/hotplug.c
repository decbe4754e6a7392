// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hotplug.h"
#include "trace_clock.h"

#define LOOK_NS KPC_NS_PER_S
#define KERNEL	1 /* the group that the kernel sends to, not udev */

void kpc_hotplug_open(struct kpc_hotplug *h, uint64_t now_ns)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL,
	};

	*h = (struct kpc_hotplug){
		.fd = socket(AF_NETLINK,
			     SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			     NETLINK_KOBJECT_UEVENT),
		.looked_ns = now_ns,
	};
	if (h->fd >= 0 &&
	    bind(h->fd, (struct sockaddr *)&address, sizeof(address)))
		kpc_hotplug_close(h);
}

static bool begins(const char *message, size_t bytes, const char *with)
{
	return bytes > strlen(with) && !memcmp(message, with, strlen(with));
}

bool kpc_hotplug_is_cpu(const char *message, size_t bytes)
{
	return begins(message, bytes, "online@/devices/system/cpu/cpu") ||
	       begins(message, bytes, "offline@/devices/system/cpu/cpu");
}

bool kpc_hotplug_look(struct kpc_hotplug *h, uint64_t now_ns)
{
	bool look = now_ns - h->looked_ns >= LOOK_NS;
	char message[256]; /* its head is enough */
	ssize_t bytes;

	while (h->fd >= 0 &&
	       (bytes = recv(h->fd, message, sizeof(message), 0)) >= 0)
		look |= kpc_hotplug_is_cpu(message, bytes);
	if (look)
		h->looked_ns = now_ns;
	return look;
}

void kpc_hotplug_close(struct kpc_hotplug *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}
