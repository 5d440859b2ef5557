// One parser reads host names in the page and on the server, each with the URL parser it has there. Here both go over
// every code point, in several places of a name, and have to say the same.

import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { parseMailDomain } from '../../src/lib/domain/mailbox-address.ts';
import { parseSiteUrl } from '../../src/lib/domain/site-url.ts';
import { expect, test } from '../support/browser-test.ts';

type Parsers = { parseSiteUrl: typeof parseSiteUrl; parseMailDomain: typeof parseMailDomain };

/** Alone, at the end of a Latin name, between right-to-left letters, before a mark, in an A-label. */
const PLACES = ['#', 'a#', 'א#א', 'क#\u0301', 'xn--#'];

test('a host is read alike by the page and by the server, whatever code point stands in it', async ({
	browser,
}) => {
	test.setTimeout(120_000);
	const context = await browser.newContext();
	try {
		const page = await context.newPage();
		await page.addScriptTag({ content: await bundled('site-url.ts', 'siteUrl') });
		await page.addScriptTag({ content: await bundled('mailbox-address.ts', 'mailboxAddress') });
		const inBrowser = await page.evaluate<string[]>(
			`(${taken.toString()})({ ...siteUrl, ...mailboxAddress }, ${JSON.stringify(PLACES)})`,
		);
		const onServer = taken({ parseSiteUrl, parseMailDomain }, PLACES);
		expect(onServer.length).toBeGreaterThan(100_000);
		expect(differences(onServer, inBrowser)).toEqual([]);
	} finally {
		await context.close();
	}
});

/** What is taken, and as what. Runs in the browser too, so it uses nothing from around it. */
function taken(parsers: Parsers, places: readonly string[]): string[] {
	const found: string[] = [];
	for (let codePoint = 0; codePoint <= 0x10_ff_ff; codePoint += 1) {
		if (codePoint >= 0xd8_00 && codePoint <= 0xdf_ff) continue;
		for (const place of places) {
			const name = place.replace('#', String.fromCodePoint(codePoint));
			const domain = parsers.parseMailDomain(`${name}.example.com`);
			if (domain !== undefined) found.push(`${place} ${codePoint.toString(16)} ${domain}`);
		}
		const site = parsers.parseSiteUrl(`https://a${String.fromCodePoint(codePoint)}b.example.com`);
		if (site.ok) found.push(`site ${codePoint.toString(16)} ${site.value}`);
	}
	return found;
}

function differences(onServer: string[], inBrowser: string[]): string[] {
	const [server, page] = [new Set(onServer), new Set(inBrowser)];
	return [
		...onServer.filter((line) => !page.has(line)).map((line) => `on the server only: ${line}`),
		...inBrowser.filter((line) => !server.has(line)).map((line) => `in the page only: ${line}`),
	];
}

/** As the page's own build makes it: for a script that names its exports `name`. */
async function bundled(file: string, name: string): Promise<string> {
	const entry = fileURLToPath(new URL(`../../src/lib/domain/${file}`, import.meta.url));
	const built = await build({
		configFile: false,
		logLevel: 'error',
		build: { write: false, lib: { entry, formats: ['iife'], name } },
	});
	const [output] = [built].flat();
	if (output === undefined || !('output' in output)) throw new Error(`${file} was not bundled`);
	return output.output[0].code;
}
