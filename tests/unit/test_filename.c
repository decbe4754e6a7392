// SPDX-License-Identifier: GPL-2.0-only
/* test_filename - what a row's file is called */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filename.h"
#include "unit.h"

#define FIELDS 9

static struct kpc_field fields[FIELDS] = {
	{ .name = (char *)"name", .kind = KPC_FIELD_STRING },
	{ .name = (char *)"up1", .kind = KPC_FIELD_STRING },
	{ .name = (char *)"up2", .kind = KPC_FIELD_STRING },
	{ .name = (char *)"up3", .kind = KPC_FIELD_STRING },
	{ .name = (char *)"up4", .kind = KPC_FIELD_STRING },
	{ .name = (char *)"up5", .kind = KPC_FIELD_STRING },
	{ .name = (char *)"ino" },
	{ .name = (char *)"dev" },
	{ .name = (char *)"mode" },
};

static struct kpc_event event = { .fields = fields, .nr_fields = FIELDS };

static struct kpc_value text(const char *s)
{
	return (struct kpc_value){
		.blob = (const uint8_t *)(*s ? s : NULL),
		.blob_bytes = strlen(s),
	};
}

/* @names: of the file, and of what is above it. */
static size_t get(const char *const names[6], uint32_t mode, char *out)
{
	struct kpc_value values[FIELDS] = {
		[6] = { .u = 42 },
		[7] = { .u = 0xfffff00001 },
		[8] = { .u = mode },
	};
	struct kpc_row row = { .event = &event, .values = values };
	struct filename *names_of = filename_new(NULL);
	struct filename_fields found;
	size_t n;

	for (int i = 0; i < 6; i++)
		values[i] = text(names[i]);
	assert_non_null(names_of);
	assert_true(filename_find(&found, &event));
	n = filename_get(names_of, &found, &row, out);
	filename_free(names_of);
	return n;
}

static void expect(const char *const names[6], uint32_t mode, const char *want)
{
	char out[FILENAME_BYTES];
	size_t n = get(names, mode, out);

	/* What tells it from others of the name follows. */
	assert_int_equal(n, strlen(want) + 17);
	assert_string_equal(out, want);
}

static void test_paths(void **state)
{
	static const char *const deep[] = { "f", "e", "d", "c", "b", "a" };
	static const char *const whole[] = { "f", "e", "d", "/", "/", "/" };
	static const char *const five[] = { "f", "e", "d", "c", "b", "/" };
	static const char *const top[] = { "f", "/", "/", "/", "/", "/" };
	static const char *const root[] = { "/", "/", "/", "/", "/", "/" };
	static const char *const same[] = { "a", "a", "a", "/", "/", "/" };

	(void)state;
	expect(deep, S_IFREG, ".../a/b/c/d/e/f");
	expect(whole, S_IFREG, "/d/e/f");
	expect(five, S_IFREG, "/b/c/d/e/f");
	expect(top, S_IFREG, "/f");
	expect(root, S_IFDIR, "/");
	expect(same, S_IFREG, "/a/a/a");
}

static void test_others(void **state)
{
	static const char *const none[] = { "", "", "", "", "", "" };
	static const char *const memfd[] = { "memfd:x", "memfd:x", "memfd:x",
					     "memfd:x", "memfd:x", "memfd:x" };
	static const char *const fifo[] = { "queue", "tmp", "/", "/", "/", "/" };

	(void)state;
	expect(none, S_IFIFO, "pipe:[42]");
	expect(none, S_IFSOCK, "socket:[42]");
	expect(none, S_IFREG, "");
	expect(memfd, S_IFREG, "memfd:x");
	expect(fifo, S_IFIFO, "/tmp/queue");
}

/* However long names are, they fit, and what tells them apart is there. */
static void test_long(void **state)
{
	static char name[FILENAME_BYTES * 2];
	const char *const names[] = { name, name, name, "/", "/", "/" };
	char out[FILENAME_BYTES];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(get(names, S_IFREG, out), FILENAME_BYTES - 15);
	assert_int_equal(out[FILENAME_BYTES - 32], '\0');
}

/* The mount point of the device stands before the path. */
static void test_mount(void **state)
{
	static const char *const names[] = { "stat", "/", "/", "/", "/", "/" };
	struct kpc_value values[FIELDS] = { 0 };
	struct kpc_row row = { .event = &event, .values = values };
	struct filename *names_of = filename_new(NULL);
	struct filename_fields found;
	char out[FILENAME_BYTES];
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/stat", &st), 0);
	for (int i = 0; i < 6; i++)
		values[i] = text(names[i]);
	values[7].u = (uint64_t)(st.st_dev >> 8 & 0xfff) << 20 |
		      (st.st_dev & 0xff) | (st.st_dev >> 12 & 0xfff00);
	values[8].u = st.st_mode;
	assert_true(filename_find(&found, &event));
	filename_get(names_of, &found, &row, out);
	assert_string_equal(out, "/proc/stat");
	filename_free(names_of);
}

/* Of a mount that has a part of a filesystem what is below that part is told. */
static void test_subvolumes(void **state)
{
	static const char mountinfo[] =
		"25 1 0:23 /@rootfs / rw - btrfs /dev/sda1 rw\n"
		"26 25 0:23 /@home /home rw - btrfs /dev/sda1 rw\n"
		"27 25 0:23 / /mnt/all rw - btrfs /dev/sda1 rw\n"
		"28 25 0:23 /@rootfs/srv /export rw - btrfs /dev/sda1 rw\n"
		"29 25 0:4 net:[4026531840] /run/netns/x rw - nsfs nsfs rw\n"
		"30 25 8:2 / /a\\040b rw - ext4 /dev/sda2 rw\n"
		"31 25 8:3 /only/f /etc/f rw - ext4 /dev/sda3 rw\n";
	static const struct {
		unsigned int major, minor;
		const char *names[6];
		const char *want;
	} files[] = {
		{ 0, 23, { "f", "etc", "@rootfs", "/", "/", "/" }, "/etc/f" },
		{ 0, 23, { "@rootfs", "/", "/", "/", "/", "/" }, "/" },
		{ 0,
		  23,
		  { "f", "@rootfs2", "/", "/", "/", "/" },
		  "/mnt/all/@rootfs2/f" },
		{ 0, 23, { "f", "me", "@home", "/", "/", "/" }, "/home/me/f" },
		{ 0, 23, { "@home", "/", "/", "/", "/", "/" }, "/home" },
		{ 0, 23, { "f", "srv", "@rootfs", "/", "/", "/" }, "/srv/f" },
		{ 8, 2, { "f", "/", "/", "/", "/", "/" }, "/a b/f" },
		{ 8, 2, { "/", "/", "/", "/", "/", "/" }, "/a b" },
		{ 8, 3, { "f", "only", "/", "/", "/", "/" }, "/etc/f" },
		{ 8, 3, { "g", "only", "/", "/", "/", "/" }, "/only/g" },
	};
	char path[] = "/tmp/test_filename.XXXXXX";
	int fd = mkstemp(path);
	struct filename *names_of;

	(void)state;
	assert_int_equal(write(fd, mountinfo, sizeof(mountinfo) - 1),
			 sizeof(mountinfo) - 1);
	close(fd);
	names_of = filename_new(path);
	unlink(path);
	assert_non_null(names_of);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct kpc_value values[FIELDS] = {
			[7] = { .u = files[i].major << 20 | files[i].minor },
			[8] = { .u = S_IFREG },
		};
		struct kpc_row row = { .event = &event, .values = values };
		struct filename_fields found;
		char out[FILENAME_BYTES];

		for (int j = 0; j < 6; j++)
			values[j] = text(files[i].names[j]);
		assert_true(filename_find(&found, &event));
		filename_get(names_of, &found, &row, out);
		assert_string_equal(out, files[i].want);
	}
	filename_free(names_of);
}

static void test_descriptor(void **state)
{
	struct kpc_field fd_field = { .name = (char *)"fd" };
	struct kpc_event by_fd = { .fields = &fd_field, .nr_fields = 1 };
	struct kpc_event none = { 0 };
	int fd = open("/dev/null", O_RDONLY);
	struct kpc_value value = { .u = fd };
	struct kpc_row row = {
		.event = &by_fd,
		.values = &value,
		.pid = getpid(),
	};
	struct filename *names_of = filename_new(NULL);
	struct filename_fields found;
	char out[FILENAME_BYTES];

	(void)state;
	assert_false(filename_find(&found, &none));
	assert_true(filename_find(&found, &by_fd));
	assert_int_equal(filename_get(names_of, &found, &row, out), 9);
	assert_memory_equal(out, "/dev/null", 9);
	/* It is known until it's said to be forgotten. */
	close(fd);
	assert_int_equal(filename_get(names_of, &found, &row, out), 9);
	filename_forget(names_of);
	assert_true(filename_get(names_of, &found, &row, out) > 9);
	assert_memory_equal(out, "(descriptor ", 12);
	filename_free(names_of);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_subvolumes),
		cmocka_unit_test(test_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
