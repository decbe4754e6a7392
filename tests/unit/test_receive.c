// SPDX-License-Identifier: GPL-2.0-only
/* A receiver's connection, and what becomes of what a stranger sends. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fixture.h"
#include "head.h"
#include "packet.h"
#include "receive.h"

#define PACKETS_MAX 64

static char folder[] = "/tmp/test_receive.XXXXXX";
static char output[64];

/* A trace, and where its packets begin. */
static uint8_t *trace;
static size_t trace_bytes;
static size_t begins[PACKETS_MAX + 1];
static int nr_packets;
static uint8_t uuid[16];

static int setup(void **state)
{
	char *path = fixture_path();
	struct kpc_packet packet;
	Kprobex__Head *head;
	size_t need;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(output, sizeof(output), "%s/t.pb", folder);
	fixture_write(path, 5, 20);
	trace = fixture_load(path, &trace_bytes);
	for (size_t at = 0; at < trace_bytes; at += packet.bytes) {
		assert_int_equal(kpc_packet_parse(&packet, trace + at,
						  trace_bytes - at, &need),
				 0);
		assert_true(nr_packets < PACKETS_MAX);
		begins[nr_packets++] = at;
		if (at)
			continue;
		head = kpc_head_unpack(packet.head);
		memcpy(uuid, head->header->uuid.data, 16);
		kpc_head_free(head);
	}
	begins[nr_packets] = trace_bytes;
	unlink(path);
	free(path);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	free(trace);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* ---- a connection -------------------------------------------------------- */

struct events {
	int begun, resumed, finished, displaced;
};

static void on_displace(void *ctx, struct kpc_connection *by,
			const uint8_t of[16])
{
	struct events *events = ctx;

	(void)by;
	(void)of;
	events->displaced++;
}

static char *on_name(void *ctx, const Kprobex__Header *header, bool *replace)
{
	(void)ctx;
	(void)replace;
	return kpc_inbox_name(output, header);
}

static void on_begun(void *ctx, struct kpc_connection *c, bool resumed)
{
	struct events *events = ctx;

	(void)c;
	events->begun++;
	events->resumed += resumed;
}

static void on_finished(void *ctx, struct kpc_connection *c)
{
	struct events *events = ctx;

	(void)c;
	events->finished++;
}

struct pair {
	int peer;
	struct kpc_connection c;
	struct events events;
	struct kpc_connection_ops ops;
};

static void pair_init(struct pair *pair)
{
	int fds[2];

	*pair = (struct pair){ 0 };
	pair->ops = (struct kpc_connection_ops){ on_displace, on_name, on_begun,
						 on_finished, &pair->events };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pair->peer = fds[0];
	kpc_connection_init(&pair->c, fds[1], 0);
}

static void pair_uninit(struct pair *pair)
{
	close(pair->peer);
	kpc_connection_uninit(&pair->c);
}

/* Sends in pieces of @piece; what the connection says of the last. */
static int pair_send(struct pair *pair, const uint8_t *data, size_t bytes,
		     size_t piece)
{
	int err = 0;

	while (!err && bytes) {
		size_t n = bytes < piece ? bytes : piece;

		assert_int_equal(send(pair->peer, data, n, MSG_NOSIGNAL), n);
		err = kpc_connection_read(&pair->c, &pair->ops);
		data += n;
		bytes -= n;
	}
	return err;
}

/* The last answer so far. */
static struct kpc_have pair_answer(struct pair *pair)
{
	struct kpc_have have = { .bytes = UINT64_MAX };
	uint8_t in[KPC_HAVE_BYTES];

	while (recv(pair->peer, in, sizeof(in), MSG_DONTWAIT) == sizeof(in)) {
		assert_true(kpc_have_begins(in, sizeof(in)));
		kpc_have_unpack(&have, in);
	}
	return have;
}

static char *file_path(void)
{
	Kprobex__Header header = KPROBEX__HEADER__INIT;

	header.uuid.data = uuid;
	header.uuid.len = 16;
	return kpc_inbox_name(output, &header);
}

static void assert_file(size_t bytes)
{
	char *path = file_path();
	size_t n;
	uint8_t *data = fixture_load(path, &n);

	assert_int_equal(n, bytes);
	assert_memory_equal(data, trace, bytes);
	free(data);
	free(path);
}

/* A question: the Header again, marked. It's the trace's own repeat. */
static void question(const uint8_t **at, size_t *bytes)
{
	struct kpc_packet packet;
	size_t need;

	for (int i = nr_packets - 1; i > 0; i--) {
		Kprobex__Head *head;
		bool is;

		kpc_packet_parse(&packet, trace + begins[i],
				 trace_bytes - begins[i], &need);
		head = kpc_head_unpack(packet.head);
		is = head->kind_case == KPROBEX__HEAD__KIND_HEADER;
		kpc_head_free(head);
		if (!is)
			continue;
		*at = trace + begins[i];
		*bytes = packet.bytes;
		return;
	}
	fail();
}

static void remove_file(void)
{
	char *path = file_path();

	unlink(path);
	free(path);
}

/* ---- tests --------------------------------------------------------------- */

static void test_whole(void **state)
{
	struct pair pair;
	size_t pieces[] = { 1, 7, 1000, 1u << 20 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		pair_init(&pair);
		assert_int_equal(kpc_connection_answer(&pair.c), 0);
		assert_int_equal(pair_answer(&pair).bytes, 0);
		assert_int_equal(
			pair_send(&pair, trace, trace_bytes, pieces[i]), 0);
		assert_file(trace_bytes);
		assert_int_equal(pair.events.begun, 1);
		assert_int_equal(pair.events.finished, 1);
		assert_int_equal(pair_answer(&pair).bytes, trace_bytes);
		/* The next may follow at once: here the same again. */
		assert_int_equal(pair_send(&pair, trace, trace_bytes, 4096), 0);
		assert_file(trace_bytes);
		shutdown(pair.peer, SHUT_WR);
		assert_int_equal(kpc_connection_read(&pair.c, &pair.ops), 1);
		pair_uninit(&pair);
	}
	remove_file();
}

/* Cut anywhere, it goes on at the last whole packet, and the file is the same. */
static void test_resume(void **state)
{
	const uint8_t *ask;
	size_t ask_bytes;
	struct pair pair;

	(void)state;
	question(&ask, &ask_bytes);
	for (size_t cut = 1; cut < trace_bytes; cut += 37) {
		char *path = file_path();
		struct kpc_have have;

		pair_init(&pair);
		pair_send(&pair, trace, cut, 1u << 20);
		pair_uninit(&pair);
		/* As if it had been killed within a write. */
		if (cut % 2) {
			int fd = open(path, O_RDWR | O_CREAT, 0600);

			assert_int_equal(pwrite(fd, trace, cut, 0), cut);
			close(fd);
		}
		pair_init(&pair);
		assert_int_equal(pair_send(&pair, ask, ask_bytes, 100), 0);
		have = pair_answer(&pair);
		assert_memory_equal(have.uuid, uuid, 16);
		assert_true(have.bytes <= cut);
		assert_file(have.bytes);
		assert_int_equal(pair_send(&pair, trace + have.bytes,
					   trace_bytes - have.bytes, 1000),
				 0);
		assert_int_equal(pair.events.resumed, 1);
		assert_file(trace_bytes);
		pair_uninit(&pair);
		/* Whole as it is, nothing is to be added. */
		pair_init(&pair);
		assert_int_equal(pair_send(&pair, ask, ask_bytes, 100), 0);
		assert_int_equal(pair_answer(&pair).bytes, trace_bytes);
		assert_int_equal(pair_send(&pair, trace + begins[1], 100, 100),
				 begins[2] - begins[1] > 100 ? 0 : -EBADMSG);
		pair_uninit(&pair);
		assert_file(trace_bytes);
		unlink(path);
		free(path);
	}
}

static void test_damage(void **state)
{
	uint8_t *copy = malloc(trace_bytes);
	struct pair pair;

	(void)state;
	for (int i = 0; i < nr_packets; i++) {
		memcpy(copy, trace, trace_bytes);
		copy[(begins[i] + begins[i + 1]) / 2] ^= 4;
		pair_init(&pair);
		assert_int_equal(pair_send(&pair, copy, trace_bytes, 1u << 20),
				 -EBADMSG);
		assert_true(*pair.c.error);
		/* What came before it is kept. */
		if (i)
			assert_file(begins[i]);
		pair_uninit(&pair);
		remove_file();
	}
	free(copy);
}

static void test_strangers(void **state)
{
	static const char *const nonsense[] = {
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"\x0a\xff\xff\xff\xff\x7f\x09KPXTRACE", /* too large */
		"\x0a\x7f\x09KPXTRACF",
	};
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		pair_init(&pair);
		assert_int_equal(pair_send(&pair, (const uint8_t *)nonsense[i],
					   strlen(nonsense[i]), 100),
				 -EBADMSG);
		pair_uninit(&pair);
	}
	/* A trace that doesn't begin, and one within another. */
	pair_init(&pair);
	assert_int_equal(pair_send(&pair, trace + begins[1],
				   trace_bytes - begins[1], 1u << 20),
			 -EBADMSG);
	assert_int_equal(pair.events.begun, 0);
	pair_uninit(&pair);
}

/* No other trace's file is touched, and no link is followed. */
static void test_files(void **state)
{
	char *path = file_path(), other[128];
	const uint8_t *ask;
	size_t ask_bytes;
	struct pair pair;
	struct stat st;
	int fd;

	(void)state;
	question(&ask, &ask_bytes);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, "something else", 14), 14);
	close(fd);
	pair_init(&pair);
	assert_int_equal(pair_send(&pair, trace, trace_bytes, 1u << 20),
			 -EEXIST);
	pair_uninit(&pair);
	pair_init(&pair);
	assert_int_equal(pair_send(&pair, ask, ask_bytes, 1000), -EEXIST);
	pair_uninit(&pair);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 14);
	unlink(path);

	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, path), 0);
	pair_init(&pair);
	assert_int_equal(pair_send(&pair, trace, trace_bytes, 1u << 20),
			 -ELOOP);
	pair_uninit(&pair);
	assert_int_equal(stat(other, &st), -1);
	unlink(path);
	free(path);
}

static void test_names(void **state)
{
	uint8_t id[16] = { 1, 2, 0xab };
	Kprobex__Header header = KPROBEX__HEADER__INIT;
	Kprobex__Part part = KPROBEX__PART__INIT;
	char *name;

	(void)state;
	header.uuid.data = id;
	header.uuid.len = 15;
	assert_null(kpc_inbox_name("t.pb", &header));
	header.uuid.len = 16;
	name = kpc_inbox_name("a.b/trace", &header);
	assert_string_equal(name, "a.b/trace.0102ab00000000000000000000000000");
	free(name);
	part.number = 7;
	header.part = &part;
	assert_null(kpc_inbox_name("t.pb", &header));
	part.series = header.uuid;
	name = kpc_inbox_name("t.pb", &header);
	assert_string_equal(name,
			    "t.0102ab00000000000000000000000000.000007.pb");
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),  cmocka_unit_test(test_resume),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_files),  cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
