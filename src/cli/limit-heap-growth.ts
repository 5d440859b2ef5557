// V8 lets the heap grow to several times what is in use before it collects garbage: a long list briefly took 100 to 200 MB, which
// the process then kept. Collecting earlier costs time while there is much garbage: one long list takes a sixth longer, five at
// once up to twice as long.

import { setFlagsFromString } from 'node:v8';

/** How much the heap may grow after a collection. A flag of V8's own, not of Node.js: a test sees whether it is still there. */
export const HEAP_GROWTH = '--heap-growing-percent=30';

export function limitHeapGrowth(): void {
	setFlagsFromString(HEAP_GROWTH);
}
