// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

static const char ready[] = "READY=1";

/* @name: a path, or @ and an abstract name. 0 or a negative errno. */
static int send_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t bytes = strlen(name);
	int fd, err = 0;

	if ((*name != '/' && *name != '@') || bytes >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, name, bytes);
	if (*name == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL,
		   (struct sockaddr *)&address,
		   offsetof(struct sockaddr_un, sun_path) + bytes) < 0)
		err = -errno;
	close(fd);
	return err;
}

void notify_ready(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int err;

	if (!name)
		return;
	err = send_to(name);
	if (err)
		fprintf(stderr,
			"collect: cannot tell the service manager (NOTIFY_SOCKET=%s) that it records: %s\n",
			name, strerror(-err));
	unsetenv("NOTIFY_SOCKET");
}
