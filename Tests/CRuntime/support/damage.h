/* SPDX-License-Identifier: Apache-2.0
 * Damages a file in every way that it can: each change is refused with an error that says where, or runs inside its
 * memory (which the sanitizers watch: every block is exactly as large as it may be).
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct damage_report {
    uint64_t refused;
    uint64_t ran;      /* opened and ran */
    uint64_t opened;   /* opened only: values of constants, of which one in 16 is run */
    uint64_t accepted_damaged; /* opened with a wrong checksum: an error */
    uint64_t misplaced;        /* refused with a diagnostic outside of the file: an error */
} damage_report;

/* Every byte changed, with the checksum left as it was and with it made right; and the file cut at every length. Files
 * up to 4 KB: all 255 other values of each byte. Larger ones: each bit and three values for each byte of header,
 * records and info; one random value, with the checksum made right, for each byte of data, of which one in 16 is also
 * run and also tried with its checksum left (a CRC-32 finds every change of a single byte, so that more of these would
 * only test arithmetic). Takes every `parts`-th byte and length, from `part` on, so that processes can share the work.
 * */
damage_report damage_file(const uint8_t *file, size_t size, size_t part, size_t parts);

#endif
