// SPDX-License-Identifier: GPL-2.0-only
/* Conditions on fields, and the triggers that they are of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "condition.h"
#include "trigger.h"
#include "unit.h"

struct record {
	uint16_t type;
	uint8_t flags, count;
	int32_t pid;
	int64_t ret;
	uint64_t size;
	uint32_t args[3];
	uint32_t packed; /* bits 4 to 7 of it are a signed field */
	char comm[8];
	uint32_t path; /* __data_loc */
	uint32_t link; /* __rel_loc */
	char text[16];
};

static struct kpc_field fields[] = {
	{ .name = (char *)"common_pid",
	  .offset = 4,
	  .bytes = 4,
	  .kind = KPC_FIELD_SIGNED,
	  .common = true },
	{ .name = (char *)"ret",
	  .offset = 8,
	  .bytes = 8,
	  .kind = KPC_FIELD_SIGNED },
	{ .name = (char *)"size",
	  .offset = 16,
	  .bytes = 8,
	  .kind = KPC_FIELD_UNSIGNED },
	{ .name = (char *)"args",
	  .offset = 24,
	  .bytes = 4,
	  .kind = KPC_FIELD_HEX,
	  .elements = 3 },
	{ .name = (char *)"args",
	  .offset = 28,
	  .bytes = 4,
	  .kind = KPC_FIELD_HEX },
	{ .name = (char *)"args",
	  .offset = 32,
	  .bytes = 4,
	  .kind = KPC_FIELD_HEX },
	{ .name = (char *)"nibble",
	  .offset = 36,
	  .bytes = 4,
	  .kind = KPC_FIELD_SIGNED,
	  .bit_offset = 4,
	  .bits = 4 },
	{ .name = (char *)"comm",
	  .offset = 40,
	  .bytes = 8,
	  .kind = KPC_FIELD_STRING },
	{ .name = (char *)"path",
	  .offset = 48,
	  .bytes = 4,
	  .kind = KPC_FIELD_STRING,
	  .dynamic = true },
	{ .name = (char *)"link",
	  .offset = 52,
	  .bytes = 4,
	  .kind = KPC_FIELD_STRING,
	  .dynamic = true,
	  .relative = true },
	{ .name = (char *)"blob",
	  .offset = 40,
	  .bytes = 8,
	  .kind = KPC_FIELD_BYTES },
};

static struct kpc_event events[] = {
	{ .id = 0, .name = (char *)"other:event" },
	{ .id = 1,
	  .name = (char *)"test:event",
	  .fields = fields,
	  .nr_fields = sizeof(fields) / sizeof(*fields) },
	{ .id = 2,
	  .name = (char *)"vfs_write",
	  .source = KPC_SOURCE_KPROBEX,
	  .fields = fields,
	  .nr_fields = 1 },
};

static const struct record good = {
	.pid = 77,
	.ret = -5,
	.size = 1ull << 63,
	.args = { 1, 0xff00, UINT32_MAX },
	.packed = 0xf5f, /* the nibble is 5 */
	.comm = "eightchr",
	.path = offsetof(struct record, text) | 5 << 16,
	.link = (offsetof(struct record, text) - 56 + 5) | 11 << 16,
	.text = "/tmp\0a \"b\" \\c",
};

static bool holds_of(const char *text, const void *raw, uint32_t bytes)
{
	struct kpc_condition *condition;
	char error[1024] = "";
	bool holds;

	if (kpc_condition_new(&condition, &events[1], text, text, error,
			      sizeof(error)))
		fail_msg("%s", error);
	holds = kpc_condition_holds(condition, raw, bytes);
	kpc_condition_free(condition);
	return holds;
}

static bool holds(const char *text)
{
	return holds_of(text, &good, sizeof(good));
}

static void test_numbers(void **state)
{
	(void)state;
	assert_true(holds("common_pid == 77"));
	assert_true(holds(" common_pid==0x4D "));
	assert_false(holds("common_pid != 77"));
	assert_true(holds("ret < 0"));
	assert_true(holds("ret == -5"));
	assert_true(holds("ret >= -5"));
	assert_false(holds("ret > -5"));
	assert_true(holds("ret <= -5"));
	assert_true(holds("ret > -9223372036854775808"));
	assert_true(holds("ret & 0x8000000000000000"));
	assert_true(holds("size > 0x7fffffffffffffff"));
	assert_true(holds("size == 9223372036854775808"));
	assert_false(holds("size < 1"));
	assert_true(holds("args[0] == 1"));
	assert_true(holds("args[ 1 ] & 0x100"));
	assert_false(holds("args[1] & 0xff"));
	assert_true(holds("args[2] == 4294967295"));
	assert_true(holds("nibble == 5"));
	assert_true(holds("nibble <= 010 && nibble < 6"));
}

static void test_sign_of_bits(void **state)
{
	struct record record = good;

	(void)state;
	record.packed = 0x0c0;
	assert_true(holds_of("nibble == -4", &record, sizeof(record)));
	assert_true(holds_of("nibble < 0", &record, sizeof(record)));
}

static void test_strings(void **state)
{
	(void)state;
	assert_true(holds("comm == \"eightchr\""));
	assert_false(holds("comm == \"eightch\""));
	assert_true(holds("comm != \"eightchrs\""));
	assert_true(holds("path == \"/tmp\""));
	assert_false(holds("path != \"/tmp\""));
	assert_true(holds("link == \"a \\\"b\\\" \\\\c\""));
	assert_false(holds("link == \"\""));
}

static void test_logic(void **state)
{
	(void)state;
	assert_true(holds("ret == 1 || ret == 2 || ret == -5"));
	assert_false(holds("ret == -5 && ret == 2 && ret == -5"));
	/* && binds closer. */
	assert_true(holds("ret == -5 || ret == 1 && ret == 2"));
	assert_false(holds("(ret == -5 || ret == 1) && ret == 2"));
	assert_true(holds(
		"((ret == -5) && ((comm == \"eightchr\") && size != 0))"));
}

static void test_values(void **state)
{
	(void)state;
	assert_true(holds("ret == -EIO && ret != EIO"));
	assert_true(holds("size == 8388608T"));
	assert_true(holds("args[1] == 63.75KiB && args[1] > 63K"));
	assert_true(holds("args[1] < 65.281us && args[1] > 65.279us"));
	assert_true(holds("size > ret && ret < size && args[0] > ret"));
	assert_true(holds("size >= size && ret <= common_pid"));
	assert_false(holds("ret & common_pid && ret == 3"));
}

static void test_globs(void **state)
{
	(void)state;
	assert_true(holds("comm ~ \"eight*\" && comm ~ e??ht[a-c]h*"));
	assert_false(holds("comm ~ \"eight\""));
	assert_true(holds("comm ~ \"*c[!a]r\" && comm ~ **"));
	assert_true(holds("path ~ '/*' && !(path ~ *x*)"));
	assert_true(holds("comm == eightchr && comm != 'x'"));
}

static void test_not(void **state)
{
	(void)state;
	assert_true(holds("!(ret == 1)"));
	assert_false(holds("!(ret == -5)"));
	assert_true(holds("!!ret == -5"));
	assert_true(holds("!(ret == 1 || comm == x)"));
	assert_true(holds("!(ret == -5 && size == 1)"));
	assert_false(holds("!(ret == 1 || size != 1)"));
	assert_true(holds("ret == 1 || !(ret == 2) && !(ret == 3)"));
}

/* What is compared with something that isn't there is false, either way. */
static void test_short_records(void **state)
{
	static const char *const texts[] = {
		"ret == -5",	 "ret != 1",	  "args[2] == 4294967295",
		"args[2] != 1",	 "comm != \"x\"", "path != \"x\"",
		"link != \"x\"", "nibble == 5",	  "!(comm == x)",
		"!(ret == 1)",	 "path ~ *",
	};

	(void)state;
	for (uint32_t bytes = 0; bytes <= sizeof(good); bytes++) {
		/* Exactly as many, for the sanitizer. */
		uint8_t *raw = malloc(bytes ? bytes : 1);

		memcpy(raw, &good, bytes);
		for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
			bool is = holds_of(texts[i], raw, bytes);

			assert_true(bytes >= 16 || !is);
			assert_true(bytes < offsetof(struct record, text) +
						    16 ||
				    is);
		}
		free(raw);
	}
}

static void test_hostile_places(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct record *raw = malloc(sizeof(*raw));

		*raw = good;
		raw->path = unit_random(&seed);
		raw->link = unit_random(&seed);
		holds_of("path == \"/tmp\" || link != \"/tmp\"", raw,
			 sizeof(*raw));
		free(raw);
	}
}

/* The caret is below @at in the text. */
static void assert_refused(const char *text, int at, const char *why)
{
	struct kpc_condition *condition = NULL;
	char error[1024] = "";
	const char *caret;

	if (kpc_condition_new(&condition, &events[1], text, text, error,
			      sizeof(error)) != -EINVAL)
		fail_msg("%s is taken", text);
	if (!strstr(error, why))
		fail_msg("%s: %s", text, error);
	caret = strrchr(error, '\n') + 1;
	assert_int_equal(strspn(caret, " "), at + 2);
	assert_string_equal(caret + at + 2, "^");
}

static void test_errors(void **state)
{
	(void)state;
	assert_refused("", 0, "name of a field");
	assert_refused("  ", 2, "name of a field");
	assert_refused("nix == 1", 0, "no such field in test:event");
	assert_refused("ret", 3, "== !=");
	assert_refused("ret = 1", 4, "== !=");
	assert_refused("ret && 1", 4, "== !=");
	assert_refused("ret == ", 7, "value is missing");
	assert_refused("ret == x", 7, "number is missing");
	assert_refused("ret == 1x", 7, "isn't a number");
	assert_refused("ret == 0x", 7, "isn't a number");
	assert_refused("ret == - 1", 9, "&&, ||");
	assert_refused("ret == -", 7, "number is missing");
	assert_refused("ret == 1.5", 7, "isn't a number");
	assert_refused("ret == 4Kb", 7, "isn't a number");
	assert_refused("ret == 17000000T", 7, "too large");
	assert_refused("ret == comm", 7, "isn't an integer");
	assert_refused("ret ~ 1", 4, "for strings");
	assert_refused("ret == \"1\"", 7, "not a string");
	assert_refused("ret == 9223372036854775808", 7, "too large");
	assert_refused("size == 18446744073709551616", 8, "too large");
	assert_refused("size == -1", 8, "no negative");
	assert_refused("ret == 1 ret", 9, "&&, ||");
	assert_refused("ret == 1 &&", 11, "name of a field");
	assert_refused("(ret == 1", 9, "a ) is missing");
	assert_refused("ret == 1)", 8, "&&, ||");
	assert_refused("args == 1", 4, "array");
	assert_refused("args[3] == 1", 5, "fewer elements");
	assert_refused("args[99999999999999999999] == 1", 5, "fewer elements");
	assert_refused("args[-1] == 1", 5, "number of an element");
	assert_refused("args[1 == 1", 7, "a ] is missing");
	assert_refused("ret[0] == 1", 3, "isn't an array");
	assert_refused("comm ~ [a", 7, "no ]");
	assert_refused("comm == 'eight", 8, "closing");
	assert_refused("!", 1, "name of a field");
	assert_refused("!!(ret == 1", 11, "a ) is missing");
	assert_refused("comm == \"eight", 8, "closing");
	assert_refused("comm == \"eight\\\"", 8, "closing");
	assert_refused("comm < \"a\"", 5, "==, != and ~");
	assert_refused("blob == 1", 0, "neither");
}

/* However much of it there is. */
static void test_hostile_lengths(void **state)
{
	char text[64 * 1024] = "";
	struct kpc_condition *condition;
	char error[1024];

	(void)state;
	memset(text, '(', sizeof(text) - 1);
	assert_int_equal(kpc_condition_new(&condition, &events[1], text, text,
					   error, sizeof(error)),
			 -EINVAL);
	text[0] = '\0';
	for (int i = 0; i < 64; i++)
		strcat(text, i ? "||ret==1" : "ret==-5");
	assert_true(holds(text));
	strcat(text, "||ret==1");
	assert_int_equal(kpc_condition_new(&condition, &events[1], text, text,
					   error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "too many"));
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(kpc_condition_new(&condition, &events[1], text, text,
					   error, sizeof(error)),
			 -EINVAL);
	memcpy(text, "comm == \"", 9);
	text[sizeof(text) - 2] = '"';
	assert_int_equal(kpc_condition_new(&condition, &events[1], text, text,
					   error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "too long"));
}

/* Any bytes, and good text with some of them in it. */
static void test_hostile_text(void **state)
{
	static const char base[] =
		"(ret == -5 && args[1] & 0x10) || comm != \"a\\\"b\" || size>3";
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		struct kpc_condition *condition = NULL;
		char *text = strdup(base);
		char error[256];

		for (int n = 1 + unit_random(&seed) % 4; n; n--)
			text[unit_random(&seed) % (sizeof(base) - 1)] =
				unit_random(&seed);
		if (!kpc_condition_new(&condition, &events[1], text, text,
				       error, sizeof(error)))
			kpc_condition_holds(condition, (const void *)&good,
					    sizeof(good));
		kpc_condition_free(condition);
		free(text);
	}
}

/* ---- triggers ------------------------------------------------------------ */

static int init(struct kpc_trigger *trigger, const char *text, int fd,
		char error[1024])
{
	return kpc_trigger_init(trigger, text, events, 3, fd, error, 1024);
}

static void test_trigger(void **state)
{
	struct kpc_trigger trigger;
	eventfd_t value;
	char error[1024];
	int fd = eventfd(0, EFD_NONBLOCK);

	(void)state;
	assert_int_equal(init(&trigger, "test:event if ret == 3", fd, error),
			 0);
	assert_int_equal(trigger.event, 1);
	kpc_trigger_look(&trigger, (const void *)&good, sizeof(good), 5);
	assert_int_equal(trigger.hit_ns, 0);
	kpc_trigger_uninit(&trigger);
	assert_int_equal(
		init(&trigger, "  test:event\tif ret == -5", fd, error), 0);
	assert_int_equal(eventfd_read(fd, &value), -1);
	kpc_trigger_look(&trigger, (const void *)&good, sizeof(good), 5);
	kpc_trigger_look(&trigger, (const void *)&good, sizeof(good), 6);
	assert_int_equal(trigger.hit_ns, 5);
	assert_int_equal(eventfd_read(fd, &value), 0);
	assert_int_equal(value, 1);
	kpc_trigger_uninit(&trigger);
	assert_int_equal(init(&trigger, "other:event ", fd, error), 0);
	kpc_trigger_look(&trigger, NULL, 0, 0);
	assert_true(trigger.hit_ns);
	kpc_trigger_uninit(&trigger);
	assert_int_equal(init(&trigger, "kprobex/vfs_write/", fd, error), 0);
	assert_int_equal(trigger.event, 2);
	kpc_trigger_uninit(&trigger);
	close(fd);
}

static void test_trigger_errors(void **state)
{
	static const char *const texts[] = {
		"",
		"  ",
		"test:even",
		"test:event2",
		"kprobex/test:event/",
		"kprobex/vfs_writ/",
		"test:event iff ret == 1",
		"test:event if",
		"test:event ret == 1",
		"test:event if nix == 1",
	};
	struct kpc_trigger trigger;
	char error[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		*error = '\0';
		assert_int_equal(init(&trigger, texts[i], -1, error), -EINVAL);
		assert_non_null(strchr(error, '^'));
		kpc_trigger_uninit(&trigger);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sign_of_bits),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_not),
		cmocka_unit_test(test_short_records),
		cmocka_unit_test(test_hostile_places),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_hostile_lengths),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_trigger),
		cmocka_unit_test(test_trigger_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
