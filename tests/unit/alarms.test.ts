// What the log calls an alarm is what operators set their alerts on: each is described where they look.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${projectFolder}/${path}`, 'utf8');

const sources = readdirSync(`${projectFolder}/src`, { recursive: true })
	.map((file) => `src/${String(file)}`)
	.filter((file) => file.endsWith('.ts') && !file.includes('/compiled/'));
const alarms = new Set(
	sources.flatMap((file) => [...read(file).matchAll(/\balarm: '([a-z_]+)'/g)].map(([, it]) => it)),
);

test('there are alarms', () => expect(alarms).toContain('unknown_refusal'));

test.each([...alarms])('%s is in the operator’s guide', (alarm) => {
	expect(read('docs/operator.md')).toContain(`"alarm":"${alarm}"`);
});
