// docs/openapi.json against the real answers of the site API: each status that it names, and nothing beside it.

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { returnOf } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';
import { createMigratedDatabase } from '../support/database.ts';
import { jsonPost, type SiteAnswer, type VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { VISITOR } from '../support/visitor.ts';

type Described = {
	headers?: Record<string, unknown>;
	content?: { 'application/json': unknown };
};
type Description = {
	paths: Record<string, Record<string, { responses: Record<string, Described> }>>;
};

const description = JSON.parse(
	readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
) as Description;

const ajv = new Ajv2020({
	strict: false,
	allErrors: true,
	formats: {
		'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
		uri: (text) => URL.canParse(text),
	},
});
ajv.addSchema(description, 'openapi');

/** Where in the description the body of this answer is. */
function pointer(path: string, method: string, status: number): string {
	const parts = ['paths', path, method, 'responses', String(status), 'content', 'application/json'];
	const escaped = parts.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
	return `openapi#/${escaped.map(encodeURIComponent).join('/')}/schema`;
}

function expectDescribed(path: string, method: string, answer: SiteAnswer): void {
	const described = description.paths[path]?.[method]?.responses[String(answer.status)];
	expect(described, `${method} ${path} ${answer.status}: ${answer.text}`).toBeDefined();
	for (const name of Object.keys(described?.headers ?? {})) {
		expect(answer.headers.get(name)).toMatch(/^[1-9][0-9]*$/);
	}
	if (described?.content === undefined) {
		expect(answer.text).toBe('');
		return;
	}
	const validate = ajv.compile({ $ref: pointer(path, method, answer.status) });
	validate(answer.body);
	expect(validate.errors ?? []).toEqual([]);
}

let world: VaultWorld;
let instance: VaultInstance;
let box: ConnectedMailbox;
beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open();
	box = await connectMailbox(world, instance);
});
afterAll(() => world.close());

const RESOLVE = '/api/v1/resolve';
const resolve = (body: unknown, key: string | undefined = box.site.key) =>
	instance.resolve(key, body);

async function becomes(state: string, life: number, retryInSeconds: number): Promise<void> {
	const retryAt = new Date(world.clock.now().getTime() + retryInSeconds * 1000);
	await box.setLife(life);
	await world.sql`update stored_tokens set state = ${state}, retry_at = ${retryAt},
		problem_code = 'sign_in_required', problem_reference = '{"code":"AADSTS50173"}'::jsonb
		where id = ${box.number}`;
}

describe('the description of the API', () => {
	test('holds for what resolve answers', async () => {
		const { identifier } = box;
		const answers: [number, SiteAnswer][] = [
			[200, await resolve({ identifier })],
			[200, await resolve({ identifier, min_ttl: 0 })],
			[400, await instance.ask(RESOLVE, box.site.key, { ...jsonPost(0), body: '[]' })],
			[401, await resolve({ identifier }, 'mksite_none')],
			[404, await resolve({ identifier: 'ExternalOAuthToken:1:none@mycompany.com' })],
			[413, await resolve({ identifier: 'x'.repeat(20_000) })],
			[422, await resolve({ identifier, min_ttl: 3001 })],
		];
		await becomes('degraded', -1, 600);
		answers.push([503, await resolve({ identifier })]);
		await becomes('sign_in_required', -1, 600);
		answers.push([409, await resolve({ identifier })]);
		for (const [status, answer] of answers) {
			expect(answer.status, answer.text).toBe(status);
			expectDescribed(RESOLVE, 'post', answer);
		}
	});

	test('holds for the events', async () => {
		const events = '/api/v1/events';
		const list = await instance.ask(events, box.site.key);
		expect(list.text).toContain('mailbox.connected');
		expectDescribed(events, 'get', list);
		expectDescribed(events, 'get', await instance.ask(events, undefined));
		expectDescribed(events, 'get', await instance.ask(`${events}?after=x`, box.site.key));
	});

	test('holds for the list of tokens and for revoking one', async () => {
		const { key } = box.site;
		const tokens = '/api/v1/tokens';
		const remove = (number: string, siteKey = key) =>
			instance.ask(`${tokens}/${number}`, siteKey, { method: 'DELETE' });
		const list = await instance.ask(tokens, key);
		expect(list.text).toContain('last_problem');
		expectDescribed(tokens, 'get', list);
		expectDescribed(tokens, 'get', await instance.ask(tokens, undefined));
		expectDescribed(tokens, 'get', await instance.ask(`${tokens}?limit=0`, key));
		await connectMailbox(world, instance, { site: box.site });
		const page = await instance.ask(`${tokens}?limit=1`, key);
		expect(page.body).toHaveProperty('next');
		expectDescribed(tokens, 'get', page);
		for (const answer of [
			await remove('x'),
			await remove(String(box.number), 'none'),
			await remove(String(box.number)),
		]) {
			expectDescribed('/api/v1/tokens/{number}', 'delete', answer);
		}
		expectDescribed(tokens, 'get', await instance.ask(tokens, key));
	});

	test('holds for connect links', async () => {
		const { key, url } = box.site;
		const links = '/api/v1/connect-links';
		const [one, completion] = [`${links}/{id}`, `${links}/{id}/complete`];
		const post = (path: string, body: unknown, siteKey = key) =>
			instance.ask(path, siteKey, jsonPost(body));
		const nothing = {
			addMailDomains: [],
			removeMailDomains: [],
			addTenants: [],
			removeTenants: [],
		};
		const returnUrl = `${url}/settings`;
		await instance.app.changeSite(url, { ...nothing, addReturnUrls: [returnUrl] });
		const made = await post(links, { email: box.address, return_url: returnUrl, state: 's' });
		const id = String(made.body['id']);
		const link = new URL(String(made.body['url'])).searchParams.get('link') ?? '';
		const report = () => instance.ask(`${links}/${id}`, key);
		const answers: [string, string, number, SiteAnswer][] = [
			[links, 'post', 201, made],
			[links, 'post', 400, await post(links, [])],
			[links, 'post', 401, await post(links, {}, 'none')],
			[links, 'post', 413, await post(links, { email: 'x'.repeat(20_000) })],
			[links, 'post', 422, await post(links, { expires_in: 1, state: 1, return_url: 'x' })],
			[one, 'get', 200, await report()],
			[one, 'get', 404, await instance.ask(`${links}/none`, key)],
			[completion, 'post', 409, await post(`${links}/${id}/complete`, { code: 'x' })],
			[completion, 'post', 422, await post(`${links}/${id}/complete`, {})],
			[completion, 'post', 404, await post(`${links}/none/complete`, { code: 'x' })],
		];
		const code = await returnCode(link);
		answers.push(
			[one, 'get', 200, await report()],
			[completion, 'post', 200, await post(`${links}/${id}/complete`, { code })],
			[one, 'get', 200, await report()],
			[one, 'delete', 409, await instance.ask(`${links}/${id}`, key, { method: 'DELETE' })],
			[one, 'delete', 404, await instance.ask(`${links}/none`, key, { method: 'DELETE' })],
		);
		const other = String((await post(links, { email: box.address })).body['id']);
		const cancelled = await instance.ask(`${links}/${other}`, key, { method: 'DELETE' });
		answers.push([one, 'delete', 204, cancelled]);
		for (const [path, method, status, answer] of answers) {
			expect(answer.status, answer.text).toBe(status);
			expectDescribed(path, method, answer);
		}
	});
});

/** Signs in by a link, and goes back. */
async function returnCode(link: string): Promise<string> {
	const { app } = instance;
	const visitor = app.forVisitor(VISITOR);
	const { cookie, ...started } = await visitor.beginSignIn(undefined, { link });
	const begun = await app.findSession(cookie?.value);
	const answer = await returnOf({ ...app.page.microsoft, ...started, choice: started.email });
	const redeemed = await visitor.redeemCode(begun, started.sign_in, answer);
	if (redeemed.kind !== 'redeemed') throw new Error(redeemed.description);
	const session = await app.findSession(redeemed.cookie!.value);
	const back = new URL((await visitor.returnToSite(session, started.sign_in)).return_to);
	return back.searchParams.get('code') ?? '';
}
