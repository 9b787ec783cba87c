/* SPDX-License-Identifier: Apache-2.0
 * The worked example of SPEC.md: a 4 x 4 picture; does it show a horizontal or a vertical line?
 */
#ifndef WORKED_EXAMPLE_H
#define WORKED_EXAMPLE_H

#include "builder.h"

void worked_example(builder *b);

#endif
