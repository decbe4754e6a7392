// SPDX-License-Identifier: GPL-2.0-only
/*
 * sdt - a program with USDT probes, for each width and sign, a semaphore, several
 * places and what the kernel can't take
 *
 * sdt N [FILE]: reaches each N times, and says then whether its semaphore was up. With
 * FILE it waits until that is there before.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define SEMAPHORE(_name) \
	unsigned short _name __attribute__((unused, section(".probes")))
SEMAPHORE(widths_signed_semaphore);
SEMAPHORE(widths_unsigned_semaphore);
SEMAPHORE(test_guarded_semaphore);
SEMAPHORE(test_places_semaphore);
SEMAPHORE(test_types_semaphore);
SEMAPHORE(test_odd_semaphore);

static int64_t counter = 5;
static uint8_t bytes[4] = { 10, 20, 30, 40 };

static void widths(void)
{
	volatile int8_t s8 = -8;
	volatile int16_t s16 = -16000;
	volatile int32_t s32 = -32000000;
	volatile int64_t s64 = -64000000000ll;
	volatile uint8_t u8 = 200;
	volatile uint16_t u16 = 60000;
	volatile uint32_t u32 = 4000000000u;
	volatile uint64_t u64 = UINT64_MAX - 1;

	STAP_PROBE4(widths, signed, s8, s16, s32, s64);
	STAP_PROBE4(widths, unsigned, u8, u16, u32, u64);
}

/* In registers, constants, and at an address of the file. */
__attribute__((noinline)) static void guarded(int32_t i, int64_t twice)
{
	counter += i;
	if (test_guarded_semaphore)
		STAP_PROBE4(test, guarded, i, twice, -7, counter);
}

/* The same types everywhere, and elsewhere others. */
__attribute__((noinline)) static void places(int32_t i, int64_t wide)
{
	STAP_PROBE1(test, places, i);
	STAP_PROBE1(test, places, 1000);
	STAP_PROBE1(test, types, i);
	STAP_PROBE1(test, types, wide);
}

__attribute__((noinline)) static void odd(long i)
{
	/* Where the compiler puts this is up to it: so, it has an index. */
	__asm__ volatile(
		"990: nop\n"
		".pushsection .note.stapsdt,\"\",\"note\"\n"
		".balign 4\n"
		".4byte 992f-991f, 994f-993f, 3\n"
		"991: .asciz \"stapsdt\"\n"
		"992: .balign 4\n"
		"993: .8byte 990b, _.stapsdt.base, 0\n"
		".asciz \"test\"\n.asciz \"odd\"\n"
		".asciz \"1@(%%rdi,%%rsi,1) 8@%%rsi 8f@%%xmm0 8@counter(%%rip)\"\n"
		"994: .balign 4\n"
		".popsection\n" ::"D"(bytes),
		"S"(i));
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	while (argc > 2 && access(argv[2], F_OK))
		usleep(10000);
	for (int i = 0; i < n; i++) {
		widths();
		guarded(i, 2ll * i);
		places(i, -i);
		odd(i % 4);
	}
	printf("%s\n", test_guarded_semaphore ? "up" : "down");
	return 0;
}
