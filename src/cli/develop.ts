// `npm run dev`: the helper with its pages from source. Nothing that is built imports this.

import { pagesFromSource } from '../http/pages-from-source.ts';
import { exitStatusOf } from './exit-status.ts';
import { serve } from './serve.ts';

/** The exit status; undefined means that the process goes on by itself. */
export function develop(): Promise<number | undefined> {
	return exitStatusOf(() => serve({ pages: pagesFromSource }));
}
