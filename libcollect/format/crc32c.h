/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crc32c - the Castagnoli CRC with initial and final inversion (RFC 3720)
 */
#ifndef KPC_CRC32C_H
#define KPC_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues @crc (0 to begin) over @data; NULL with 0 bytes is allowed. */
uint32_t kpc_crc32c(uint32_t crc, const void *data, size_t bytes);

/* The portable version, for machines without the instruction and for tests. */
uint32_t kpc_crc32c_table(uint32_t crc, const void *data, size_t bytes);

#endif /* KPC_CRC32C_H */
