// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_write - writes to one file that fail, to be preloaded
 *
 * KPX_FAULT_FILE is the file's path; KPX_FAULT what happens to writes to it:
 *   none               nothing
 *   short              some, at random (KPX_SEED), write a part only
 *   again, interrupt   every second one fails with EAGAIN, EINTR
 *   io:N, quota:N      the Nth, a part of which is written, and all behind it
 *                      fail with EIO, EDQUOT
 *   none-at-all:N      from the Nth on they write nothing, and say so
 * KPX_FAULT_LOG gets the number of writes at the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned int writes;
static unsigned int seed;

static bool is_ours(int fd)
{
	const char *path = getenv("KPX_FAULT_FILE");
	struct stat file, st;

	return path && !fstat(fd, &file) && !stat(path, &st) &&
	       file.st_ino == st.st_ino && file.st_dev == st.st_dev;
}

static unsigned int draw(void)
{
	return __atomic_add_fetch(&seed, 1, __ATOMIC_RELAXED) * 2654435761u >>
	       8;
}

static bool is_fault(const char *name)
{
	const char *fault = getenv("KPX_FAULT");
	size_t n = strlen(name);

	return fault && !strncmp(fault, name, n) &&
	       (!fault[n] || fault[n] == ':');
}

/*
 * What becomes of a write of *@bytes: 0 if it is done, so far as *@bytes then
 * says; 1 if it returns 0; else the errno.
 */
static int fate(size_t *bytes)
{
	unsigned int n = __atomic_add_fetch(&writes, 1, __ATOMIC_RELAXED);
	const char *fault = getenv("KPX_FAULT");
	const char *at = fault ? strchr(fault, ':') : NULL;
	unsigned int first = at ? atoi(at + 1) : 0;

	if (is_fault("short") && *bytes > 1 && draw() % 2)
		*bytes = 1 + draw() % *bytes;
	if (is_fault("again") && n % 2)
		return EAGAIN;
	if (is_fault("interrupt") && n % 2)
		return EINTR;
	if (!first || n < first)
		return 0;
	if (is_fault("none-at-all"))
		return -1;
	if (n == first && *bytes > 1) {
		*bytes /= 2;
		return 0;
	}
	return is_fault("quota") ? EDQUOT : EIO;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAIL_UNLESS_DONE(bytes)         \
	do {                            \
		int err_ = fate(bytes); \
                                        \
		if (err_ < 0)           \
			return 0;       \
		if (err_) {             \
			errno = err_;   \
			return -1;      \
		}                       \
	} while (0)

ssize_t write(int fd, const void *data, size_t bytes)
{
	if (is_ours(fd))
		FAIL_UNLESS_DONE(&bytes);
	return REAL(write)(fd, data, bytes);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at)
{
	if (is_ours(fd))
		FAIL_UNLESS_DONE(&bytes);
	return REAL(pwrite)(fd, data, bytes, at);
}

/* Of several parts, which is a short write already, the first that isn't empty. */
ssize_t writev(int fd, const struct iovec *part, int nr)
{
	size_t bytes;

	if (!is_ours(fd))
		return REAL(writev)(fd, part, nr);
	while (nr > 1 && !part->iov_len) {
		part++;
		nr--;
	}
	bytes = part->iov_len;
	if (is_fault("none")) {
		__atomic_add_fetch(&writes, 1, __ATOMIC_RELAXED);
		return REAL(writev)(fd, part, nr);
	}
	FAIL_UNLESS_DONE(&bytes);
	return REAL(write)(fd, part->iov_base, bytes);
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("KPX_SEED");

	seed = text ? atoi(text) : 1;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("KPX_FAULT_LOG");
	FILE *file = path && writes ? fopen(path, "w") : NULL;

	if (file) {
		fprintf(file, "%u\n", writes);
		fclose(file);
	}
}
