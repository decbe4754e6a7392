// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a perf.data: what becomes of them is a whole trace, with as many rows as
 * samples were found.
 *
 * Input: the file.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <sys/mman.h>
#include <unistd.h>

#include "collect.h"
#include "fuzz.h"

/*
 * libtraceevent leaks some bytes of a format that it can't parse, which whoever converts
 * a file once can bear.
 */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
	return "leak:libtraceevent";
}

/* A file in memory, by a path that opens it again. */
static int memory_file(const char *name, char *path, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	CHECK(fd >= 0);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_trace(const char *path, const struct kpc_import_result *found)
{
	struct kpc_verify_result verified = { .size = sizeof(verified) };
	char error[512];

	CHECK(!kpc_verify(path, NULL, &verified, error, sizeof(error)));
	CHECK(verified.verdict == KPC_WHOLE);
	CHECK(verified.rows == found->samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kpc_import_result found = { .size = sizeof(found) };
	char in[64], out[64], error[512] = "";
	int in_fd = memory_file("in", in, sizeof(in));
	int out_fd = memory_file("out", out, sizeof(out));

	CHECK(write(in_fd, data, size) == (ssize_t)size);
	if (!kpc_import(in, out, NULL, &found, error, sizeof(error)))
		check_trace(out, &found);
	else
		CHECK(*error);
	close(in_fd);
	close(out_fd);
	return 0;
}
