// Options that may be repeated.

import { Option } from 'commander';

/** Its value is a list, of none where it is not given. */
export function repeatable(flags: string, description: string): Option {
	return new Option(flags, `${description} (may be repeated)`)
		.argParser((value: string, previous: string[]) => [...previous, value])
		.default([], 'none');
}
