// A flag that V8 knows no more would do nothing, with a line on standard error at each start.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { HEAP_GROWTH } from '../../src/cli/limit-heap-growth.ts';

test('V8 knows the flag that limits how the heap grows', async () => {
	const { stderr } = await promisify(execFile)(process.execPath, [HEAP_GROWTH, '--eval', '0']);
	expect(stderr).toBe('');
});
