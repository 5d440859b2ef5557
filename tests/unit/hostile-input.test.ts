// The parsers of what comes from outside, under input that is made up: whatever it is, they answer, what they accept is
// in the one form, and it is accepted again.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReturnFragment } from '../../src/lib/browser/return-fragment.ts';
import { formatIdentifier, parseIdentifier } from '../../src/lib/domain/identifier.ts';
import { parseMailboxAddress, parseMailDomain } from '../../src/lib/domain/mailbox-address.ts';
import { referenceOfRefusal } from '../../src/lib/domain/refusal.ts';
import { parseSignInId } from '../../src/lib/domain/sign-in.ts';
import { parseSiteUrl } from '../../src/lib/domain/site-url.ts';
import { clientAddressOf } from '../../src/lib/server/client-address.ts';

// The same input each time; `FUZZ_SEED=$RANDOM` looks elsewhere.
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1) });

/** Pieces that parsers trip over, in any order, between any others. */
const piece = fc.oneof(
	fc.constantFrom(
		...['https://', 'http://', '//', '\\', '/', '?', '#', '@', ':', ':443', ':8443', '.', '..'],
		...['%2e', '%40', '%00', '\0', '\r\n', '\t', '\u0001', '\u00a0', '\u202e', '\u200b', '\ufeff'],
		...['①', '。', '．', '＠', 'ⓔ', 'ß', 'ı', 'а', 'xn--', 'xn--80ak6aa92e', 'localhost', '[::1]'],
		...[
			'127.0.0.1',
			'0x7f.1',
			'017700000001',
			'2130706433',
			'[::ffff:127.0.0.1]',
			'169.254.169.254',
		],
		...[
			'__proto__',
			'constructor',
			'mysite.equisonline.com',
			'mycompany.com',
			'equis',
			'user:pass@',
		],
		...[
			'javascript:',
			'data:text/html,',
			'<script>',
			'"',
			"'",
			'`',
			'{{',
			'${',
			'ExternalOAuthToken:',
		],
	),
	fc.string({ unit: 'binary', maxLength: 12 }),
	fc.string({ maxLength: 12 }),
);
const hostile = fc.oneof(
	fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
	fc.webUrl({ withFragments: true, withQueryParameters: true }),
	fc.emailAddress(),
	fc.ipV4Extended(),
	fc.ipV6(),
);
const anything = fc.oneof(hostile, fc.anything({ withNullPrototype: true, withBigInt: true }));

function always(property: (input: unknown) => void): void {
	fc.assert(fc.property(anything, property), { numRuns: 3_000 });
}

test('a site that is accepted is https, public and in the one form, without credentials, query or fragment', () => {
	always((input) => {
		const parsed = parseSiteUrl(input);
		if (!parsed.ok) return;
		const url = new URL(parsed.value);
		expect(url.protocol).toBe('https:');
		expect(url.href.replace(/\/$/, '')).toBe(parsed.value);
		expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
		expect(url.hostname).toMatch(/^[a-z0-9_.-]+\.(?![0-9]+$)[a-z0-9-]+$/);
		expect(parseSiteUrl(parsed.value)).toEqual(parsed);
	});
});

test('a mailbox that is accepted holds nothing that a mail command or a header could break on', () => {
	always((input) => {
		const parsed = parseMailboxAddress(input);
		if (!parsed.ok) return;
		expect(parsed.value).toMatch(/^[!-~]{1,64}@[a-z0-9_.-]+$/);
		expect(parsed.value).not.toMatch(/[\s"(),:;<>[\\\]]/);
		expect(parsed.value.length).toBeLessThanOrEqual(254);
		expect(parseMailboxAddress(parsed.value)).toEqual(parsed);
	});
});

test('no local part is accepted that a mail command or a header could break on', () => {
	const parts = fc.array(
		fc.oneof(piece, fc.constantFrom('equis', '.', ' ', '<', '(', ',', '\u00e9')),
		{
			minLength: 1,
			maxLength: 4,
		},
	);
	let accepted = 0;
	fc.assert(
		fc.property(parts, (written) => {
			const parsed = parseMailboxAddress(`${written.join('')}@mycompany.com`);
			if (!parsed.ok) return;
			accepted += 1;
			expect(parsed.value).toMatch(/^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]+$/);
			expect(parsed.value).not.toMatch(/^\.|\.\.|\.@/);
		}),
		{ numRuns: 3_000 },
	);
	expect(accepted).toBeGreaterThan(100);
});

test('a mail domain that is accepted is a public host name', () => {
	fc.assert(
		fc.property(hostile, (input) => {
			const domain = parseMailDomain(input);
			if (domain === undefined) return;
			expect(domain).toMatch(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/);
			expect(parseMailDomain(domain)).toBe(domain);
		}),
		{ numRuns: 3_000 },
	);
});

test('an identifier that is accepted is one that could have been handed out', () => {
	always((input) => {
		const parsed = parseIdentifier(input);
		if (parsed) expect(parseIdentifier(formatIdentifier(parsed))).toEqual(parsed);
	});
	const mailboxes = fc.emailAddress().filter((text) => parseMailboxAddress(text).ok);
	fc.assert(
		fc.property(fc.integer({ min: 1 }), mailboxes, (number, mailbox) => {
			expect(parseIdentifier(`ExternalOAuthToken:${number}:${mailbox}`)?.number).toBe(number);
		}),
	);
});

test('what comes back from Microsoft is taken for an answer or not, and never for a fault', () => {
	fc.assert(
		fc.property(hostile, hostile, (first, second) => {
			const fragment = `#${first}&state=${second}&error=${first}`;
			const returned = readReturnFragment(fragment);
			expect(returned?.signInId ?? '').toMatch(/^([A-Za-z0-9_-]{22})?$/);
			const reference = referenceOfRefusal(first, second);
			expect(JSON.stringify(reference)).not.toMatch(/[<>]/);
		}),
		{ numRuns: 3_000 },
	);
});

test('a sign-in’s id and a client address are what they are, or nothing', () => {
	fc.assert(
		fc.property(hostile, fc.nat(10), (text, proxies) => {
			expect(parseSignInId(text) ?? '').toMatch(/^([A-Za-z0-9_-]{22})?$/);
			expect(clientAddressOf('198.51.100.7', text, proxies)).toMatch(/^[0-9a-f.:]{2,39}$/);
		}),
		{ numRuns: 3_000 },
	);
});

describe('a host in another spelling is no way to an address', () => {
	test.each([
		...['https://127.0.0.1', 'https://0177.0.0.1', 'https://0x7f000001', 'https://2130706433'],
		...['https://127.1', 'https://①②⑦.0.0.1', 'https://127。0。0。1', 'https://[::1]'],
		...['https://[::ffff:7f00:1]', 'https://[0:0:0:0:0:ffff:127.0.0.1]', 'https://localhost'],
		...['https://LOCALHOST.', 'https://a.localhost', 'https://169.254.169.254', 'https://0'],
		...['https://mysite.equisonline.com@127.0.0.1', 'https://127.0.0.1#.equisonline.com'],
		...[
			'https://[fe80::1%25eth0]',
			'https://127.0.0.1:443',
			'https://1.1',
			'https://256.256.256.256',
		],
	])('%s', (text) => expect(parseSiteUrl(text).ok).toBe(false));
});
