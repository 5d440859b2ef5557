// The files of a build, from memory.

import { createServer, type Server } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveFiles } from '../../src/http/static-files.ts';
import { rawRequest } from '../support/raw-request.ts';

const SCRIPT = '/_app/immutable/chunks/a.js';
let folder: string;
let server: Server;
let port: number;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mailkey-files-'));
	await mkdir(join(folder, '_app/immutable/chunks'), { recursive: true });
	await writeFile(join(folder, SCRIPT), 'plain');
	await writeFile(join(folder, `${SCRIPT}.br`), 'brotli');
	await writeFile(join(folder, `${SCRIPT}.gz`), 'gzip');
	await writeFile(join(folder, 'favicon.svg'), '<svg/>');
	const files = serveFiles(folder, [['Cache-Control', 'no-store']]);
	server = createServer((request, response) => {
		if (!files(request, response)) response.writeHead(404).end();
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
	server.close();
	await rm(folder, { recursive: true });
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
	return rawRequest(port, { method, path, headers });
}

test.each([
	['br, gzip', 'brotli', 'br'],
	['gzip, deflate, br;q=0.5', 'brotli', 'br'],
	['GZIP', 'gzip', 'gzip'],
	['br;q=0, gzip;q=0.1', 'gzip', 'gzip'],
	['br; q=0.000', 'plain', undefined],
	['brotli, gzipped, *', 'plain', undefined],
	['identity', 'plain', undefined],
	['', 'plain', undefined],
])('Accept-Encoding %j is answered with what it takes: %s', async (accepted, text, coding) => {
	const answer = await get(SCRIPT, { 'accept-encoding': accepted });
	expect([answer.status, answer.text]).toEqual([200, text]);
	expect(answer.headers['content-encoding']).toBe(coding);
	expect(answer.headers).toMatchObject({
		'content-type': 'text/javascript',
		'content-length': String(text.length),
		'cache-control': 'public,max-age=31536000,immutable',
		vary: 'Accept-Encoding',
	});
});

test('HEAD has the headers of GET and no body', async () => {
	const [head, read] = [await get(SCRIPT, {}, 'HEAD'), await get(SCRIPT)];
	expect([head.status, head.text]).toEqual([200, '']);
	expect({ ...head.headers, date: '' }).toEqual({ ...read.headers, date: '' });
});

test('each coding has a tag of its own, by which a file that is known is not sent again', async () => {
	const tags = await Promise.all(
		['br', 'gzip', ''].map(async (accepted) => {
			const { headers } = await get(SCRIPT, { 'accept-encoding': accepted });
			return headers.etag ?? '';
		}),
	);
	expect(new Set(tags).size).toBe(3);
	const [brotli = '', gzip = ''] = tags;
	for (const known of [gzip, `W/${gzip}`, `"x", ${gzip}`, '*']) {
		const answer = await get(SCRIPT, { 'accept-encoding': 'gzip', 'if-none-match': known });
		expect([answer.status, answer.text], known).toEqual([304, '']);
		expect(answer.headers).toMatchObject({
			etag: gzip,
			vary: 'Accept-Encoding',
			'cache-control': 'public,max-age=31536000,immutable',
		});
	}
	const other = { 'accept-encoding': 'gzip', 'if-none-match': brotli };
	expect((await get(SCRIPT, other)).text).toBe('gzip');
});

describe('a file whose name stays the same', () => {
	test('is not immutable', async () => {
		const { headers, text } = await get('/favicon.svg');
		expect([text, headers['content-type']]).toEqual(['<svg/>', 'image/svg+xml']);
		expect(headers['cache-control']).toBe('no-store');
	});
});

test.each([
	`${SCRIPT}.br`,
	`${SCRIPT}.gz`,
	'/_app/immutable/chunks',
	'/_app/../favicon.svg',
	'/_app/immutable/%2e%2e/favicon.svg',
	'/_app/%',
])('%s is no file', async (path) => {
	const { status, text } = await get(path);
	expect([status, JSON.parse(text)]).toMatchObject([404, { error: 'not_found' }]);
});

test('a file is written by no method', async () => {
	const { status, headers, text } = await get(SCRIPT, {}, 'POST');
	expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
	expect(JSON.parse(text)).toMatchObject({ error: 'method_not_allowed' });
});

test('a part of a file cannot be asked for: the answer is the whole', async () => {
	const answer = await get(SCRIPT, { range: 'bytes=1-2' });
	expect([answer.status, answer.text]).toEqual([200, 'plain']);
});

test('a file of an unknown kind is found at the start, and not by a visitor', async () => {
	const strange = await mkdtemp(join(tmpdir(), 'mailkey-files-'));
	await writeFile(join(strange, 'a.exe'), '');
	const start = () => serveFiles(strange, []);
	expect(start).toThrow('the content type of /a.exe is not listed');
	await rm(strange, { recursive: true });
});
