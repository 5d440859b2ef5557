// An upgrade as docs/upgrade.md says, and the way back: the last tag's build serves under light load while this version brings the
// schema up to date, both serve side by side, and the last tag's serves again, alone. `OLD=<commit> npm run drill -- upgrade` takes
// another one than the last tag.

import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { storeTokenFor } from '../bench/store-token-for.ts';
import { findFreePort } from '../support/free-port.ts';
import { openOldCheckout } from '../support/old-checkout.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { until } from '../support/until.ts';
import { CHECKOUT } from '../support/walk-dockerfile.ts';

const runFile = promisify(execFile);

/** Half of them are asked for all the time; of the others, access tokens are made to end. */
const MAILBOXES = 6;
const MAILKEY = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

export async function run(): Promise<void> {
	const name = process.env['OLD'] ?? (await findLastTag());
	if (name === undefined) {
		console.log('skipped: this clone has no tag of a version; fetch them with git fetch --tags');
		return;
	}
	console.log(`  the build of ${name} is made`);
	const old = await openOldCheckout(name);
	if (old === undefined) throw new Error(`this clone has no commit ${name}`);
	const server = await startTestPostgres();
	try {
		const installation = { program: old.program };
		const helper = await startRunningHelper(server.url, { LOG_LEVEL: 'warn' }, installation);
		try {
			await upgradeAndBack(helper, old.program);
		} finally {
			await helper.stop();
		}
	} finally {
		await server.stop();
		await old.close();
	}
}

async function findLastTag(): Promise<string | undefined> {
	const git = ['describe', '--tags', '--abbrev=0', '--match', 'v*'];
	const found = await runFile('git', git, { cwd: CHECKOUT }).catch(() => undefined);
	return found?.stdout.trim();
}

const proved = (what: string) => console.log(`  proved: ${what}`);

async function upgradeAndBack(helper: RunningHelper, oldProgram: string): Promise<void> {
	const identifiers: string[] = [];
	for (let box = 0; box < MAILBOXES; box += 1) {
		identifiers.push(await storeTokenFor(helper, `box-${box}@mycompany.com`));
	}
	const ending = identifiers.splice(MAILBOXES / 2);
	const load = startLoad(helper, identifiers);
	try {
		await load.untilAnswered(20);
		await command(helper, MAILKEY, 'migrate');
		const meanwhile = load.takeCounts();
		const statuses = Object.keys(meanwhile).filter((status) => status !== '200');
		// A table that is changed answers nobody in that moment, and whoever asked comes again.
		assert(
			statuses.every((status) => status === '503'),
			JSON.stringify(meanwhile),
		);
		await load.untilAnswered(50);
		proved(
			`the version before serves while the schema is brought up to date ${JSON.stringify(meanwhile)}, and after it`,
		);

		const own = await startBeside(helper);
		load.origins.push(own.origin);
		await sideBySide(helper, own.origin, ending);
		await load.untilAnswered(100);
		proved('both serve side by side: what one refreshes, revokes and connects, the other knows');
		load.origins.pop();
		own.child.kill('SIGTERM');
		await once(own.child, 'exit');
	} finally {
		await load.end();
	}
	const counts = load.takeCounts();
	assert.deepEqual(Object.keys(counts), ['200'], JSON.stringify(counts));
	await backAgain(helper, oldProgram, [...identifiers, ...ending]);
}

/** Another refreshes than the one that is asked afterwards. */
async function sideBySide(
	helper: RunningHelper,
	ownOrigin: string,
	ending: readonly string[],
): Promise<void> {
	for (const origin of [ownOrigin, helper.origin]) {
		await expire(helper, ending);
		for (const identifier of ending) {
			assert.equal(await resolve(helper, origin, identifier), 200);
		}
	}
	const added = await storeTokenFor(helper, 'box-late@mycompany.com');
	assert.equal(await resolve(helper, ownOrigin, added), 200);
	const number = added.split(':')[1] ?? '';
	const revoked = await fetch(`${ownOrigin}/api/v1/tokens/${number}`, {
		method: 'DELETE',
		headers: { authorization: `Bearer ${helper.site.key}` },
	});
	assert.equal(revoked.status, 204);
	assert.equal(await resolve(helper, helper.origin, added), 404);
}

async function backAgain(
	helper: RunningHelper,
	oldProgram: string,
	identifiers: readonly string[],
): Promise<void> {
	await helper.terminate();
	await helper.start();
	await expire(helper, identifiers);
	for (const identifier of identifiers) {
		assert.equal(await resolve(helper, helper.origin, identifier), 200);
	}
	proved('the version before starts on the newer schema, and serves and refreshes alone');
	await helper.terminate();
	const events = (await command(helper, oldProgram, 'audit', '--json')) as { events: Event[] };
	const told = new Set(events.events.map(({ event }) => event));
	for (const event of ['token_stored', 'token_revoked', 'resolve']) assert(told.has(event), event);
	const list = (await command(helper, oldProgram, 'token', 'list', '--json')) as Tokens;
	for (const { identifier, last_resolved_at: at } of list.tokens) assert(at !== null, identifier);
	proved('its commands know what both did: no mailbox that was used looks unused to it');
}

type Event = { event: string };
type Tokens = { tokens: { identifier: string; last_resolved_at: string | null }[] };

/** As a minute later, when each may be refreshed again. */
async function expire({ sql }: RunningHelper, identifiers: readonly string[]): Promise<void> {
	const numbers = identifiers.map((identifier) => Number(identifier.split(':')[1]));
	await sql`update stored_tokens set access_token_expires_at = now() - interval '1 minute', refresh_started_at = null
		where id in ${sql(numbers)}`;
}

async function resolve(helper: RunningHelper, origin: string, identifier: string) {
	const answer = await fetch(`${origin}/api/v1/resolve`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${helper.site.key}`,
			'content-type': 'application/json',
		},
		body: JSON.stringify({ identifier }),
	});
	await answer.arrayBuffer();
	return answer.status;
}

function startLoad(helper: RunningHelper, identifiers: readonly string[]) {
	let counts: Record<number, number> = {};
	const origins = [helper.origin];
	const stop = new AbortController();
	const caller = (async () => {
		for (let turn = 0; !stop.signal.aborted; turn += 1) {
			const origin = origins[turn % origins.length] ?? '';
			const status = await resolve(helper, origin, identifiers[turn % identifiers.length] ?? '');
			counts[status] = (counts[status] ?? 0) + 1;
			await sleep(30);
		}
	})();
	const answered = () => Object.values(counts).reduce((sum, count) => sum + count, 0);
	return {
		origins,
		/** By status, since they were taken last. */
		takeCounts() {
			const taken = counts;
			counts = {};
			return taken;
		},
		untilAnswered(more: number) {
			const from = answered();
			return until(`${more} more answers`, () => answered() >= from + more, 60_000);
		},
		async end() {
			stop.abort();
			await caller;
		},
	};
}

async function startBeside(
	helper: RunningHelper,
): Promise<{ origin: string; child: ChildProcess }> {
	const port = await findFreePort();
	const child = spawn(process.execPath, [MAILKEY, 'serve'], {
		env: { ...helper.environment, PORT: String(port) },
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const origin = `http://localhost:${port}`;
	const isReady = () =>
		fetch(`${origin}/readyz`).then(
			({ ok }) => ok,
			() => false,
		);
	await until('this version is ready beside it', isReady, 30_000);
	return { origin, child };
}

/** What it printed as JSON. */
async function command(
	helper: RunningHelper,
	program: string,
	...args: string[]
): Promise<unknown> {
	const { stdout } = await runFile(process.execPath, [program, ...args], {
		env: { ...helper.environment },
		maxBuffer: 1e8,
	});
	return args.includes('--json') ? JSON.parse(stdout) : stdout;
}
