// What the operator's guide documents can be set with Docker Compose as well.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Inside the container these are as the image has them. */
const OF_THE_IMAGE = ['HOST', 'PORT', 'DATA_DIR'];

test('compose.yaml passes every variable of docs/operator.md', () => {
	const [, table = ''] = /^\| variable .*\n([\s\S]*?)\n\n/m.exec(read('docs/operator.md')) ?? [];
	const documented = table.split('\n').flatMap((row) => {
		const [, cell = ''] = row.split('|');
		return [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name);
	});
	expect(documented).toContain('ORIGIN');
	const passed = [...read('compose.yaml').matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name);
	const missing = documented.filter(
		(name) => !passed.includes(name) && !OF_THE_IMAGE.includes(name),
	);
	expect(missing).toEqual([]);
});
