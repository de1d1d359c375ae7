// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/* The portable libraries, compiled into the module. Nothing but includes here. */
#include "../../lib/snapimg/crc32c.c"
#include "../../lib/snapimg/header.c"
#include "../../lib/snapimg/table.c"
#include "../../lib/snapimg/build.c"
#include "../../lib/snapimg/chunk.c"
#include "../../lib/snapimg/slot.c"
#include "../../lib/snapimg/cpu.c"
#include "../../lib/snapimg/os.c"
#include "../../lib/snapimg/layout.c"
#include "../../lib/snapstore/place.c"
#include "../../lib/snapstore/write.c"
#include "../../lib/snapstore/revoke.c"
