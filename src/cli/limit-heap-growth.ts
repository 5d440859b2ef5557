// V8 lets the heap grow to several times of what is in use before it looks for garbage: long lists took 100 to 200 MB for moments,
// which the process then kept. Looking earlier costs time while there is much garbage: a sixth for one long list, up to the double
// for five at once.

import { setFlagsFromString } from 'node:v8';

/** By how much the heap may be larger than after the last collection. A flag of V8's own, not of Node.js: a test knows whether it is there. */
export const HEAP_GROWTH = '--heap-growing-percent=30';

export function limitHeapGrowth(): void {
	setFlagsFromString(HEAP_GROWTH);
}
