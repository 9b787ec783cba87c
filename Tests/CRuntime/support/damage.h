/* SPDX-License-Identifier: Apache-2.0
 * Damages a file in every way that it can: each change is refused with an error that says where, or runs inside its memory
 * (which the sanitizers watch: every block is exactly as large as it may be).
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

/* Every byte changed, with the checksum left as it was and with it made right; and the file cut at every length. Files up to
 * 4 KB: all 255 other values of each byte. Larger ones: each bit and three values for each byte of header, records and
 * info, one random value for each byte of data. */
damage_report damage_file(const uint8_t *file, size_t size);

#endif
