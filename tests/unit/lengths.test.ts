// The lengths of the page are tokens of `app.css`: nothing is a little wider than something else by accident.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));
const STYLED = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
	/\.(css|svelte)$/.test(name),
);

/** A media query can hold no custom property. */
function lengthsIn(css: string): string[] {
	return css
		.split('\n')
		.filter((line) => /\drem\b/.test(line) && !/@media|^\s*--/.test(line))
		.map((line) => line.trim());
}

test.each(STYLED)('%s holds no length of its own', (name) => {
	const source = readFileSync(`${SOURCES}${name}`, 'utf8');
	const css = name.endsWith('.css') ? source : (source.split('<style>')[1] ?? '');
	expect(lengthsIn(css)).toEqual([]);
});
