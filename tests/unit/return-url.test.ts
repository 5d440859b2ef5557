// Which URLs an operator may register as the way back to a site.

import { expect, test } from 'vitest';
import { parseReturnUrl } from '../../src/lib/domain/return-url.ts';

test.each([
	'https://mysite.equisonline.com/settings?tab=mail',
	'https://mysite.equisonline.com/settings?codes=1&My%20State=2',
	'http://127.0.0.1:8080/back',
])('%s may be registered', (url) => {
	expect(parseReturnUrl(url)).toBe(url);
});

test.each([
	...['code', 'Code', 'CODE', '%43ode', 'STATE', 'Error', 'Connect_Link'].map(
		(name) => `https://mysite.equisonline.com/settings?tab=mail&${name}=1`,
	),
	'http://mysite.equisonline.com/settings',
	'https://mysite.equisonline.com/settings#mail',
])('%s may not be registered', (url) => {
	expect(parseReturnUrl(url)).toBeUndefined();
});
