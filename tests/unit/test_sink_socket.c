// SPDX-License-Identifier: GPL-2.0-only
/* The sender's side, against a peer that follows a script. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fixture.h"
#include "have.h"
#include "packet.h"
#include "sink.h"
#include "trace_clock.h"

static const uint8_t uuid[16] = "0123456789abcdef";
static char address[128];
static const char *path; /* in it */
static int listening;

/* What a trace begins with, as far as a sink looks at it. */
static struct kpc_buf repeat;
static size_t question_bytes;

static void add_packet(const char *head)
{
	struct kpc_framer framer;

	kpc_framer_begin(&framer, &repeat, kpc_load64(uuid), head,
			 strlen(head));
	assert_int_equal(kpc_framer_end(&framer), 0);
}

static int setup(void **state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	(void)state;
	snprintf(address, sizeof(address), "unix:/tmp/test_sink.%d", getpid());
	path = address + strlen("unix:");
	strcpy(to.sun_path, path);
	unlink(path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (void *)&to, sizeof(to)), 0);
	assert_int_equal(listen(listening, 4), 0);
	add_packet("header");
	question_bytes = repeat.used;
	add_packet("event");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(listening);
	unlink(path);
	kpc_buf_uninit(&repeat);
	return 0;
}

/* ---- the peer ------------------------------------------------------------ */

static void await(int fd)
{
	struct pollfd pollfd = { fd, POLLIN, 0 };

	assert_int_equal(poll(&pollfd, 1, 10000), 1);
}

static int peer_accept(void)
{
	int fd;

	await(listening);
	fd = accept(listening, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void peer_says(int fd, const uint8_t of[16], uint64_t bytes)
{
	struct kpc_have have = { .bytes = bytes };
	uint8_t out[KPC_HAVE_BYTES];

	memcpy(have.uuid, of, 16);
	kpc_have_pack(out, &have);
	assert_int_equal(send(fd, out, sizeof(out), MSG_NOSIGNAL), sizeof(out));
}

static void peer_greets(int fd)
{
	static const uint8_t zeros[16];

	peer_says(fd, zeros, 0);
}

static void peer_reads(int fd, const void *expected, size_t bytes)
{
	uint8_t *got = malloc(bytes);
	size_t have = 0;

	while (have < bytes) {
		ssize_t n;

		await(fd);
		n = recv(fd, got + have, bytes - have, 0);
		assert_true(n > 0);
		have += n;
	}
	assert_memory_equal(got, expected, bytes);
	free(got);
}

/* ---- the sink ------------------------------------------------------------ */

struct told {
	char last[512];
	int lines;
};

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	struct told *told = ctx;

	(void)level;
	snprintf(told->last, sizeof(told->last), "%s", text);
	told->lines++;
}

static bool yes(void *ctx)
{
	(void)ctx;
	return true;
}

static uint8_t data[1000];

/* Connected to a peer that greeted if @greets. */
static struct kpc_sink *sink_new(int *peer, bool greets, uint64_t keep,
				 struct told *told)
{
	struct kpc_sink *sink;
	char error[512];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7;
	assert_int_equal(kpc_sink_open(&sink, address, error, sizeof(error)),
			 0);
	*peer = peer_accept();
	if (greets)
		peer_greets(*peer);
	kpc_sink_keep(sink, keep);
	kpc_sink_reconnect(sink, 60 * KPC_NS_PER_S);
	kpc_sink_log_to(sink, on_log, told);
	assert_int_equal(kpc_sink_begin(sink, uuid), 0);
	assert_int_equal(kpc_sink_repeat(sink, repeat.data, repeat.used), 0);
	assert_true(kpc_sink_thread(sink) > 0);
	return sink;
}

static void test_resume(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, true, 0, &told);
	assert_int_equal(kpc_sink_write(sink, data, 100), 0);
	assert_int_equal(kpc_sink_write(sink, data + 100, 200), 0);
	peer_reads(peer, data, 300);
	peer_says(peer, uuid, 100);
	close(peer);
	/* It asks, and goes on where we say, within a packet too. */
	peer = peer_accept();
	peer_greets(peer);
	peer_reads(peer, repeat.data, question_bytes);
	peer_says(peer, uuid, 150);
	peer_reads(peer, data + 150, 150);
	assert_int_equal(kpc_sink_write(sink, data + 300, 700), 0);
	peer_reads(peer, data + 300, 700);
	peer_says(peer, uuid, 1000);
	assert_int_equal(kpc_sink_finish(sink), 0);
	assert_int_equal(kpc_sink_bytes(sink), 1000);
	assert_false(kpc_sink_has_gap(sink));
	assert_true(told.lines >= 2);
	kpc_sink_free(sink);
	close(peer);
}

/* What the receiver had and has no more can't be sent again. */
static void test_gap(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, true, 0, &told);
	assert_int_equal(kpc_sink_write(sink, data, 100), 0);
	peer_reads(peer, data, 100);
	peer_says(peer, uuid, 100);
	assert_int_equal(kpc_sink_write(sink, data + 100, 200), 0);
	peer_reads(peer, data + 100, 200);
	close(peer);
	peer = peer_accept();
	peer_greets(peer);
	peer_reads(peer, repeat.data, question_bytes);
	peer_says(peer, uuid, 0);
	peer_reads(peer, repeat.data, repeat.used);
	peer_reads(peer, data + 100, 200);
	assert_true(kpc_sink_has_gap(sink));
	assert_non_null(strstr(told.last, "connected"));
	/* From here on what we count has the repeat in it. */
	peer_says(peer, uuid, repeat.used + 50);
	close(peer);
	peer = peer_accept();
	peer_greets(peer);
	peer_reads(peer, repeat.data, question_bytes);
	peer_says(peer, uuid, repeat.used + 150);
	peer_reads(peer, data + 250, 50);
	peer_says(peer, uuid, repeat.used + 200);
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	close(peer);
}

/* Who has all may go: no loss, until there's more to send. */
static void test_gone_with_all(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, true, 0, &told);
	assert_int_equal(kpc_sink_write(sink, data, 100), 0);
	peer_reads(peer, data, 100);
	peer_says(peer, uuid, 100);
	close(peer);
	/* Time for the thread to see that. */
	for (int i = 0; i < 30 && !told.lines; i++)
		usleep(10000);
	assert_int_equal(told.lines, 0);
	assert_int_equal(kpc_sink_write(sink, data + 100, 100), 0);
	peer = peer_accept();
	peer_greets(peer);
	peer_reads(peer, repeat.data, question_bytes);
	peer_says(peer, uuid, 100);
	peer_reads(peer, data + 100, 100);
	peer_says(peer, uuid, 200);
	close(peer);
	assert_int_equal(kpc_sink_finish(sink), 0);
	assert_int_equal(told.lines, 2);
	kpc_sink_free(sink);
}

/* Nor is it when no connection is to be tried again. */
static void test_never_again(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer, err = 0;

	(void)state;
	for (int more = 0; more < 2; more++) {
		sink = sink_new(&peer, true, 0, &told);
		kpc_sink_reconnect(sink, 0);
		assert_int_equal(kpc_sink_write(sink, data, 100), 0);
		peer_reads(peer, data, 100);
		peer_says(peer, uuid, 100);
		close(peer);
		/* Time for the thread to see that. */
		usleep(100000);
		if (more)
			assert_int_equal(kpc_sink_write(sink, data, 100), 0);
		err = kpc_sink_finish(sink);
		assert_int_equal(err, more ? -EPIPE : 0);
		kpc_sink_free(sink);
	}
	assert_int_equal(told.lines, 0);
}

/* A second trace on the connection, and an end before anything is answered. */
static void test_two_traces(void **state)
{
	static const uint8_t other[16] = "another trace of";
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, true, 0, &told);
	assert_int_equal(kpc_sink_write(sink, data, 100), 0);
	assert_int_equal(kpc_sink_begin(sink, other), 0);
	assert_int_equal(kpc_sink_repeat(sink, repeat.data, repeat.used), 0);
	assert_int_equal(kpc_sink_bytes(sink), 0);
	assert_int_equal(kpc_sink_write(sink, data, 50), 0);
	peer_reads(peer, data, 100);
	peer_reads(peer, data, 50);
	close(peer);
	/* Asked about the first, it has that whole: the second follows. */
	peer = peer_accept();
	peer_greets(peer);
	peer_reads(peer, repeat.data, question_bytes);
	peer_says(peer, uuid, 100);
	peer_reads(peer, data, 50);
	/* This says that it has the first, too. */
	peer_says(peer, other, 50);
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	close(peer);
}

static void test_plain(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, false, 500, &told);
	/* Not what we understand: it is left alone. */
	assert_int_equal(send(peer, "hello\n", 6, MSG_NOSIGNAL), 6);
	/* More than is kept: what is sent is let go. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(kpc_sink_write(sink, data + i * 100, 100), 0);
	peer_reads(peer, data, 1000);
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	close(peer);
}

/* All is read by who has closed its sending side, as nc -N does. */
static void test_half_closed(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, false, 500, &told);
	assert_int_equal(shutdown(peer, SHUT_WR), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(kpc_sink_write(sink, data + i * 100, 100), 0);
	peer_reads(peer, data, 1000);
	/* The sink's thread has seen the end of what we say by now. */
	assert_int_equal(kpc_sink_write(sink, data, 1000), 0);
	peer_reads(peer, data, 1000);
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	close(peer);
}

/* ---- by TCP -------------------------------------------------------------- */

struct tcp {
	char address[128]; /* those of the other tests */
	int listening;
};

static void tcp_begin(struct tcp *tcp, int rcvbuf)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t size = sizeof(to);

	strcpy(tcp->address, address);
	tcp->listening = listening;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (rcvbuf)
		assert_int_equal(setsockopt(listening, SOL_SOCKET, SO_RCVBUF,
					    &rcvbuf, sizeof(rcvbuf)),
				 0);
	assert_int_equal(bind(listening, (void *)&to, sizeof(to)), 0);
	assert_int_equal(listen(listening, 4), 0);
	assert_int_equal(getsockname(listening, (void *)&to, &size), 0);
	snprintf(address, sizeof(address), "tcp:127.0.0.1:%d",
		 ntohs(to.sin_port));
}

static void tcp_end(struct tcp *tcp)
{
	close(listening);
	listening = tcp->listening;
	strcpy(address, tcp->address);
}

/* The sink's end of @peer's connection. */
static int other_end(int peer)
{
	struct sockaddr_in want, is;
	socklen_t size = sizeof(want);

	assert_int_equal(getpeername(peer, (void *)&want, &size), 0);
	for (int fd = 0; fd < 1024; fd++) {
		size = sizeof(is);
		if (!getsockname(fd, (void *)&is, &size) &&
		    is.sin_family == AF_INET && is.sin_port == want.sin_port)
			return fd;
	}
	fail();
	return -1;
}

static unsigned int user_timeout_ms(int fd)
{
	socklen_t size = sizeof(unsigned int);
	unsigned int ms;

	assert_int_equal(
		getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &size), 0);
	return ms;
}

/* Until the kernel has taken @bytes from the sink, whoever has them. */
static void await_sent(int peer, int bytes)
{
	int there = 0, under_way = 0, fd = other_end(peer);

	while (there + under_way != bytes) {
		usleep(1000);
		assert_int_equal(ioctl(fd, SIOCOUTQ, &under_way), 0);
		assert_int_equal(ioctl(peer, FIONREAD, &there), 0);
	}
}

static void test_tcp_half_closed(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	struct tcp tcp;
	int peer;

	(void)state;
	tcp_begin(&tcp, 0);
	sink = sink_new(&peer, false, 500, &told);
	assert_int_equal(shutdown(peer, SHUT_WR), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kpc_sink_write(sink, data, 1000), 0);
		peer_reads(peer, data, 1000);
	}
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	close(peer);
	tcp_end(&tcp);
}

/* A reader may pause as long as it likes; a receiver that does is gone. */
static void test_tcp_pause(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	struct tcp tcp;
	int peer;

	(void)state;
	tcp_begin(&tcp, 0);
	for (int greets = 0; greets < 2; greets++) {
		sink = sink_new(&peer, greets, 0, &told);
		assert_int_equal(kpc_sink_write(sink, data, 100), 0);
		peer_reads(peer, data, 100);
		if (greets)
			peer_says(peer, uuid, 100);
		assert_int_equal(kpc_sink_write(sink, data, 100), 0);
		peer_reads(peer, data, 100);
		assert_int_equal(user_timeout_ms(other_end(peer)) != 0, greets);
		if (greets)
			peer_says(peer, uuid, 200);
		assert_int_equal(kpc_sink_finish(sink), 0);
		kpc_sink_free(sink);
		close(peer);
	}
	tcp_end(&tcp);
}

/* What the kernel took isn't yet with the reader. */
static void test_tcp_not_taken(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	struct tcp tcp;
	int peer;

	(void)state;
	tcp_begin(&tcp, 1024);
	sink = sink_new(&peer, false, 0, &told);
	kpc_sink_give_up_when(sink, yes, NULL);
	for (int i = 0; i < 8; i++)
		assert_int_equal(kpc_sink_write(sink, data, 1000), 0);
	await_sent(peer, 8000);
	assert_int_equal(kpc_sink_finish(sink), -ETIMEDOUT);
	assert_non_null(strstr(kpc_sink_error(sink), "have not arrived"));
	kpc_sink_free(sink);
	close(peer);
	tcp_end(&tcp);
}

static void test_plain_gone(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer, err = 0;

	(void)state;
	sink = sink_new(&peer, false, 0, &told);
	close(peer);
	for (int i = 0; i < 100 && !err; i++) {
		err = kpc_sink_write(sink, data, 100);
		usleep(20000);
	}
	assert_int_equal(err, -EPIPE);
	assert_non_null(strstr(kpc_sink_error(sink), "collect receive"));
	assert_int_equal(kpc_sink_finish(sink), -EPIPE);
	kpc_sink_free(sink);
}

/* It has what nobody wrote; says so for ever; then says what is no answer. */
static void test_nonsense(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, true, 0, &told);
	assert_int_equal(kpc_sink_write(sink, data, 100), 0);
	peer_reads(peer, data, 100);
	peer_says(peer, uuid, 101);
	close(peer);
	for (int i = 0; i < 3; i++) {
		peer = peer_accept();
		/* It waits longer before each try: that long is over by now. */
		if (i == 2)
			kpc_sink_reconnect(sink, 500 * KPC_NS_PER_MS);
		peer_greets(peer);
		if (i)
			assert_int_equal(
				send(peer, "nonsense", 8, MSG_NOSIGNAL), 8);
		else
			peer_says(peer, uuid, UINT64_MAX - 5);
		peer_reads(peer, repeat.data, question_bytes);
		/* … until the sink has had enough of it. */
		await(peer);
		close(peer);
	}
	assert_int_equal(kpc_sink_finish(sink), -ETIMEDOUT);
	assert_non_null(strstr(kpc_sink_error(sink), "no sense"));
	kpc_sink_free(sink);
}

static void test_memory(void **state)
{
	struct told told = { 0 };
	struct kpc_sink *sink;
	int peer;

	(void)state;
	sink = sink_new(&peer, true, 500, &told);
	kpc_sink_give_up_when(sink, yes, NULL);
	/* One larger than all memory has to be possible. */
	assert_int_equal(kpc_sink_write(sink, data, 600), 0);
	assert_int_equal(kpc_sink_write(sink, data, 1), -ETIMEDOUT);
	assert_non_null(strstr(kpc_sink_error(sink), "600 bytes"));
	assert_int_equal(kpc_sink_write(sink, data, 1), -ETIMEDOUT);
	kpc_sink_free(sink);
	close(peer);
}

static void test_refused(void **state)
{
	struct kpc_sink *sink;
	char error[512];

	(void)state;
	assert_int_equal(kpc_sink_open(&sink, "unix:/nonexistent/s", error,
				       sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "collect receive"));
	assert_int_equal(kpc_sink_open(&sink, "tcp:127.0.0.1:1", error,
				       sizeof(error)),
			 -ECONNREFUSED);
	assert_int_equal(kpc_sink_open(&sink, "tcp:::1:80", error,
				       sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "[::1]"));
	assert_int_equal(kpc_sink_open(&sink, "tcp:[::1", error, sizeof(error)),
			 -EINVAL);
	assert_int_equal(kpc_sink_open(&sink, "tcp::80", error, sizeof(error)),
			 -EINVAL);
	assert_int_equal(kpc_sink_open(&sink, "unix:", error, sizeof(error)),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_gone_with_all),
		cmocka_unit_test(test_never_again),
		cmocka_unit_test(test_two_traces),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_tcp_half_closed),
		cmocka_unit_test(test_tcp_pause),
		cmocka_unit_test(test_tcp_not_taken),
		cmocka_unit_test(test_plain_gone),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
