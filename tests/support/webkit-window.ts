// WebKitGTK as somebody sits before it: a window, a keyboard, and the console, which is silent under WebDriver.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackages } from './debian.ts';
import { startVirtualScreen } from './virtual-screen.ts';

export type WebKitWindow = {
	/** Presses Enter in the first field of the page, or on its first button. */
	enter(): Promise<void>;
	title(): Promise<string>;
	/** What was written to the console, by the page and by the browser about it. */
	console(): string[];
	close(): Promise<void>;
};

const PACKAGES = ['webkit2gtk-driver', 'xvfb', 'xdotool'];
const PROGRAMS = ['WebKitWebDriver', 'Xvfb', 'xdotool'].map((name) => `/usr/bin/${name}`);

export function ensureWebKit(): Promise<boolean> {
	return ensureDebianPackages(PACKAGES, PROGRAMS);
}

const run = promisify(execFile);

export async function openWebKitWindow(url: string): Promise<WebKitWindow> {
	const home = await mkdtemp(join(tmpdir(), 'mailkey-webkit-'));
	const screen = await startVirtualScreen();
	const env = { PATH: process.env['PATH'], HOME: home, DISPLAY: screen.DISPLAY };
	const args = ['--enable-write-console-messages-to-stdout=true', url];
	const browser = spawn(miniBrowser(), args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
	let written = '';
	// In spite of the option's name.
	browser.stderr.setEncoding('utf8').on('data', (text: string) => (written += text));
	const ask = async (...words: string[]) => (await run('xdotool', words, { env })).stdout;
	const id = (await ask('search', '--sync', '--onlyvisible', '--name', '.')).split('\n')[0] ?? '';
	return {
		async enter() {
			// A click into the margin takes the focus out of the address bar.
			await ask('mousemove', '--window', id, '5', '300', 'click', '1', 'key', 'Tab', 'Return');
		},
		title: async () => (await ask('getwindowname', id)).trim(),
		// GTK writes its own complaints, of a missing desktop, to the same stream.
		console: () => written.split('\n').filter((line) => /\bCONSOLE\b/.test(line)),
		async close() {
			browser.kill();
			await once(browser, 'exit');
			await screen.stop();
			await rm(home, { recursive: true, force: true });
		},
	};
}

/** In a folder that is named after the processor. */
function miniBrowser(): string {
	const paths = readdirSync('/usr/lib').map((folder) =>
		join('/usr/lib', folder, 'webkit2gtk-4.1', 'MiniBrowser'),
	);
	const found = paths.find((path) => existsSync(path));
	if (found === undefined) throw new Error('The package webkit2gtk-driver has no MiniBrowser.');
	return found;
}
