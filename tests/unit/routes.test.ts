// Every way into the helper, and what each asks of whoever comes: a route that is not in this table fails here.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** `own sign-in`: the session cookie of the browser that began it, and for what changes something our own Origin. */
const ROUTES: Record<string, string> = {
	'GET /': 'nothing',
	'GET /microsoft365_oauth.html': 'nothing',
	'GET /logo': 'nothing',
	'GET /logo/[digest]': 'nothing',
	'GET /api/site-face': 'nothing',
	'GET /healthz': 'nothing',
	'GET /livez': 'nothing',
	'GET /readyz': 'nothing',
	'POST /api/sign-ins': 'our own Origin',
	'POST /api/approvals': 'our own Origin',
	'GET /mailboxes': 'nothing',
	'GET /link-builder': 'nothing',
	'GET /practice/components': 'nothing',
	'POST /api/visits': 'our own Origin',
	'POST /api/sign-out': 'our own Origin',
	'POST /api/visits/[id]/code': 'own sign-in',
	'POST /api/mailboxes/[number]/checks': 'own sign-in',
	'POST /api/mailboxes/[number]/revoke': 'own sign-in',
	'GET /api/mail-domains/[domain]': 'nothing',
	'GET /api/sign-ins/[id]': 'own sign-in',
	'POST /api/sign-ins/[id]/code': 'own sign-in',
	'POST /api/sign-ins/[id]/refusal': 'own sign-in',
	'POST /api/sign-ins/[id]/confirm': 'own sign-in',
	'POST /api/sign-ins/[id]/checks': 'own sign-in',
	'POST /api/sign-ins/[id]/test-message': 'own sign-in',
	'POST /api/sign-ins/[id]/revoke': 'own sign-in',
	'POST /api/sign-ins/[id]/return': 'own sign-in',
	'POST /api/v1/resolve': 'site key',
	'GET /api/v1/tokens': 'site key',
	'GET /api/v1/events': 'site key',
	'DELETE /api/v1/tokens/[number]': 'site key',
	'POST /api/v1/connect-links': 'site key',
	'GET /api/v1/connect-links/[id]': 'site key',
	'DELETE /api/v1/connect-links/[id]': 'site key',
	'POST /api/v1/connect-links/[id]/complete': 'site key',
};

const read = (path: string) => readFileSync(`${projectFolder}/${path}`, 'utf8');

function pageRoutes(): { route: string; source: string }[] {
	const files = readdirSync(`${projectFolder}/src/routes`, { recursive: true }).map(String);
	return files.flatMap((file) => {
		const path = `/${file.replace(/\/?\+(server\.ts|page\.svelte)$/, '')}`;
		if (file.endsWith('+page.svelte')) return [{ route: `GET ${path}`, source: '' }];
		if (!file.endsWith('+server.ts')) return [];
		const source = read(`src/routes/${file}`);
		const methods = [...source.matchAll(/export (?:const|function) ([A-Z]{3,7})\b/g)];
		return methods.map(([, method]) => ({ route: `${method} ${path}`, source }));
	});
}

function siteRoutes(): string[] {
	const tables = ['site-api.ts', 'connect-link-routes.ts'].map(
		(file) => /const \w*ROUTES[^=]*= \[\n([\s\S]*?)\n\];/.exec(read(`src/http/${file}`))?.[1] ?? '',
	);
	return tables
		.join('\n')
		.split('\n')
		.flatMap((line) => {
			const path = /path: \/\^(.*)\$\//.exec(line)?.[1]?.replaceAll('\\/', '/');
			const methods = [...line.matchAll(/\b([A-Z]{3,7}): /g)].map(([, method]) => method);
			return methods.map(
				(method) =>
					`${method} ${path?.replace('[^/]+', path.includes('links') ? '[id]' : '[number]')}`,
			);
		});
}

test('each is declared', () => {
	const found = [...pageRoutes().map(({ route }) => route), ...siteRoutes()];
	expect(found.sort()).toEqual(Object.keys(ROUTES).sort());
});

test.each(pageRoutes().filter(({ route }) => ROUTES[route] === 'own sign-in'))(
	'$route asks for the session of the browser',
	({ source }) => expect(source).toContain('await session()'),
);
