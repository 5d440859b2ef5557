// Debian's WebKitGTK, over WebDriver, which is JSON over HTTP: a driver library would be larger than what it saves.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from './free-port.ts';
import type { OtherBrowser } from './other-browser.ts';
import { startVirtualScreen } from './virtual-screen.ts';
import { until } from './until.ts';

const DRIVER = '/usr/bin/WebKitWebDriver';

/** WebDriver's names (section 17.4.2 of the standard). */
const KEYS = { Tab: '\uE004', Enter: '\uE007', Space: ' ', Control: '\uE009' };

export async function startWebKit(): Promise<OtherBrowser> {
	const home = await mkdtemp(join(tmpdir(), 'mailkey-webkit-'));
	const screen = await startVirtualScreen();
	const port = await findFreePort();
	const driver = spawn(DRIVER, [`--port=${port}`], {
		env: { PATH: process.env['PATH'], HOME: home, DISPLAY: screen.DISPLAY },
		stdio: 'ignore',
	});
	const origin = `http://127.0.0.1:${port}`;
	await untilReady(driver, origin);
	const { sessionId, capabilities } = (await command(origin, 'POST', '/session', {
		capabilities: {},
	})) as Session;
	const say = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
		command(origin, method, `/session/${sessionId}${path}`, body);
	const faults: string[] = [];
	const ask = async (expression: string) => {
		const script = `${LISTEN} return { value: ${expression}, heard: heard.splice(0) };`;
		const answer = await say('POST', '/execute/sync', { script, args: [] });
		const { value, heard } = answer as { value: unknown; heard: string[] };
		faults.push(...heard);
		return value;
	};
	const strike = (actions: readonly object[]) =>
		say('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
	return {
		version: `WebKitGTK/${capabilities.browserVersion}`,
		async open(url) {
			await say('POST', '/url', { url });
		},
		async press(key) {
			await strike(stroke(KEYS[key]));
		},
		async paste() {
			const held = ['a', 'v'].flatMap(stroke);
			await strike([down(KEYS.Control), ...held, up(KEYS.Control)]);
		},
		ask,
		async faults() {
			await ask('0');
			return faults;
		},
		async close() {
			await say('DELETE', '');
			driver.kill();
			await once(driver, 'exit');
			await screen.stop();
			await rm(home, { recursive: true, force: true });
		},
	};
}

/** WebDriver tells nothing by itself. What happens before the first question, only the console says (webkit-window.ts). */
const LISTEN = `
	const heard = (window.heardByTest ??= (() => {
		const heard = [];
		const hear = (text) => heard.push(String(text));
		addEventListener('securitypolicyviolation', (event) =>
			hear('refused by ' + event.effectiveDirective + ': ' + event.blockedURI));
		addEventListener('error', (event) => hear(event.message));
		addEventListener('unhandledrejection', (event) => hear(event.reason));
		const { error } = console;
		console.error = (...words) => (hear(words.join(' ')), error.apply(console, words));
		return heard;
	})());`;

type Session = { sessionId: string; capabilities: { browserVersion: string } };

const down = (value: string) => ({ type: 'keyDown', value });
const up = (value: string) => ({ type: 'keyUp', value });

function stroke(value: string): object[] {
	return [down(value), up(value)];
}

async function command(
	origin: string,
	method: 'GET' | 'POST' | 'DELETE',
	path: string,
	body?: object,
): Promise<unknown> {
	const answer = await fetch(origin + path, {
		method,
		...(body && { body: JSON.stringify(body) }),
	});
	const { value } = (await answer.json()) as { value: unknown };
	if (!answer.ok) throw new Error(`WebDriver, ${method} ${path}: ${JSON.stringify(value)}`);
	return value;
}

async function untilReady(driver: ChildProcess, origin: string): Promise<void> {
	const isReady = () =>
		command(origin, 'GET', '/status').then(
			() => true,
			() => driver.exitCode !== null,
		);
	await until('WebKitWebDriver is up', isReady);
	if (driver.exitCode !== null) throw new Error('WebKitWebDriver did not come up.');
}
