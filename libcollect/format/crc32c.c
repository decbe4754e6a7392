// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <string.h>

#include "crc32c.h"
#include "wire.h"

#define POLYNOMIAL 0x82f63b78u /* reflected */

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_init(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		table[0][i] = crc;
	}
	for (int k = 1; k < 8; k++)
		for (int i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^
				      table[0][table[k - 1][i] & 0xff];
}

uint32_t kpc_crc32c_table(uint32_t crc, const void *data, size_t bytes)
{
	const uint8_t *p = data;

	pthread_once(&table_once, table_init);
	crc = ~crc;
	for (; bytes >= 8; bytes -= 8, p += 8) {
		uint32_t lo = kpc_load32(p) ^ crc;
		uint32_t hi = kpc_load32(p + 4);

		crc = table[7][lo & 0xff] ^ table[6][lo >> 8 & 0xff] ^
		      table[5][lo >> 16 & 0xff] ^ table[4][lo >> 24] ^
		      table[3][hi & 0xff] ^ table[2][hi >> 8 & 0xff] ^
		      table[1][hi >> 16 & 0xff] ^ table[0][hi >> 24];
	}
	while (bytes--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(uint32_t crc, const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint64_t sum = (uint32_t)~crc;

	for (; bytes >= 8; bytes -= 8, p += 8)
		sum = __builtin_ia32_crc32di(sum, kpc_load64(p));
	while (bytes--)
		sum = __builtin_ia32_crc32qi(sum, *p++);
	return ~(uint32_t)sum;
}

uint32_t kpc_crc32c(uint32_t crc, const void *data, size_t bytes)
{
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, data, bytes);
	return kpc_crc32c_table(crc, data, bytes);
}
#else
uint32_t kpc_crc32c(uint32_t crc, const void *data, size_t bytes)
{
	return kpc_crc32c_table(crc, data, bytes);
}
#endif
