// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* strerrorname_np() */
#include <string.h>

#include "collect.h"
#include "errnonumber.h"

#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

/* Those that are the kernel's own: programs don't see them, and libc has no names. */
static const struct {
	int number;
	const char *name;
} internal[] = {
	{ 512, "ERESTARTSYS" },
	{ 513, "ERESTARTNOINTR" },
	{ 514, "ERESTARTNOHAND" },
	{ 515, "ENOIOCTLCMD" },
	{ 516, "ERESTART_RESTARTBLOCK" },
	{ 517, "EPROBE_DEFER" },
	{ 518, "EOPENSTALE" },
	{ 519, "ENOPARAM" },
	{ 521, "EBADHANDLE" },
	{ 522, "ENOTSYNC" },
	{ 523, "EBADCOOKIE" },
	{ 524, "ENOTSUPP" },
	{ 525, "ETOOSMALL" },
	{ 526, "ESERVERFAULT" },
	{ 527, "EBADTYPE" },
	{ 528, "EJUKEBOX" },
	{ 529, "EIOCBQUEUED" },
	{ 530, "ERECALLCONFLICT" },
};

const char *kpc_errno_name(int number)
{
	if (number <= 0 || number > ERRNO_MAX)
		return NULL;
	for (size_t i = 0; i < sizeof(internal) / sizeof(*internal); i++)
		if (internal[i].number == number)
			return internal[i].name;
	return strerrorname_np(number);
}

int kpc_errno_number(const char *name, size_t bytes)
{
	for (int i = 1; i <= ERRNO_MAX; i++) {
		const char *is = kpc_errno_name(i);

		if (is && strlen(is) == bytes && !memcmp(is, name, bytes))
			return i;
	}
	return 0;
}
