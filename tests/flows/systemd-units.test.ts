// The units for systemd, as systemd itself reads them.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { RECOMMENDED_MAJOR } from '../../scripts/node-version.js';
import { CHECKOUT } from '../support/walk-dockerfile.ts';

const run = promisify(execFile);
const ANALYZE = '/usr/bin/systemd-analyze';

/** Of 10.0, in tenths; a service without any protection has 9.6. */
const MAX_EXPOSURE = 15;

describe.each(['mailkey', 'mailkey-gateway'])('%s.service', (name) => {
	const unit = join(CHECKOUT, 'deploy', 'systemd', `${name}.service`);

	test('runs the installed package', async () => {
		const text = await readFile(unit, 'utf8');
		expect(text).toMatch(
			new RegExp(`^ExecStart=/usr/bin/env node (--\\S+ )*/opt/${name}/bin/${name} `, 'm'),
		);
	});

	test('names the Node.js to run it on', async () => {
		expect(await readFile(unit, 'utf8')).toContain(`Node.js ${RECOMMENDED_MAJOR}`);
	});

	if (!existsSync(ANALYZE)) {
		test.skip(`skipped: there is no ${ANALYZE} here`, () => undefined);
		return;
	}

	test('has nothing that systemd does not understand', async () => {
		const { stdout, stderr } = await run(ANALYZE, ['verify', '--man=no', unit]);
		expect(stdout + stderr).toBe('');
	});

	test('leaves little to whoever takes the process over', async () => {
		const threshold = `--threshold=${MAX_EXPOSURE}`;
		await run(ANALYZE, ['security', '--offline=true', '--no-pager', threshold, unit]);
	});
});

test('the embedded PostgreSQL is stopped by the helper, and not by systemd beside it', async () => {
	const text = await readFile(join(CHECKOUT, 'deploy', 'systemd', 'mailkey.service'), 'utf8');
	expect(text).toMatch(/^KillMode=mixed$/m);
});
