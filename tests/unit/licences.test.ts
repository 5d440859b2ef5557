// Which licences of packages are let in.

import { expect, test } from 'vitest';
import { licenceFaults } from '../../scripts/licences.js';

test.each([
	['MIT', 0],
	['(MIT OR EUPL-1.1+)', 0],
	['(MIT AND Zlib)', 0],
	['GPL-3.0-only', 1],
	['(MIT AND GPL-2.0)', 1],
	['SEE LICENSE IN LICENSE.md', 1],
	[undefined, 1],
])('%s: %i faults', (license, count) => {
	const lock = { packages: { '': {}, 'node_modules/a/node_modules/b': { license } } };
	const faults = licenceFaults(lock as never);
	expect(faults).toHaveLength(count);
	for (const fault of faults) expect(fault).toMatch(/^b /);
});

test('a licence that stands only in the package’s own file was read by somebody', () => {
	const named = { license: 'GPL-3.0-only' };
	const read = (found: object) => licenceFaults({ packages: { [`node_modules/${OLD}`]: found } });
	expect(read({})).toEqual([]);
	expect(read(named)).toHaveLength(1);
});

const OLD = 'parse-cache-control';
