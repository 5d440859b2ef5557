// Of the requests to Microsoft that a stranger can cause, so many at a time: while Microsoft is slow each holds a connection
// and all that belongs to it until its time is over, and a process has only so many descriptors.

import type { Fetch } from './http.ts';

export type FetchBounds = {
	/** Beyond these it fails at once, as if Microsoft could not be reached. */
	max: number;
	/** One that failed counts for so long: its name look-up cannot be aborted, and may go on in Node's queue. */
	heldAfterFailureMs: number;
};

export function boundFetch(fetch: Fetch, { max, heldAfterFailureMs }: FetchBounds): Fetch {
	let underWay = 0;
	const release = () => void (underWay -= 1);
	return async (input, init) => {
		if (underWay >= max) throw new Error(`${max} requests are under way already`);
		underWay += 1;
		try {
			const response = await fetch(input, init);
			release();
			return response;
		} catch (error) {
			if (heldAfterFailureMs > 0) setTimeout(release, heldAfterFailureMs).unref();
			else release();
			throw error;
		}
	};
}
