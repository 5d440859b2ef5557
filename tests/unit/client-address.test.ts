// Whom a request is counted for: what a proxy that is trusted says, and nothing that a visitor can write.

import { describe, expect, test } from 'vitest';
import { clientAddressOf } from '../../src/lib/server/client-address.ts';

const PEER = '198.51.100.7';

describe('without trusted proxies', () => {
	test.each(['203.0.113.9', '203.0.113.9, 203.0.113.10', '', 'nonsense'])(
		'X-Forwarded-For: %j changes nothing',
		(header) => expect(clientAddressOf(PEER, header, 0)).toBe(PEER),
	);
});

describe('with trusted proxies', () => {
	test.each([
		[1, '203.0.113.9', '203.0.113.9'],
		[1, 'spoofed, 203.0.113.9', '203.0.113.9'],
		[1, '192.0.2.66, 203.0.113.9', '203.0.113.9'],
		[2, '192.0.2.66, 203.0.113.9, 10.0.0.1', '203.0.113.9'],
		[1, ' 203.0.113.9:51234 ', '203.0.113.9'],
		[1, '[2001:db8:1:2:3::4]:51234', '2001:db8:1:2::'],
	])('%i of them, X-Forwarded-For: %j is %s', (proxies, header, expected) =>
		expect(clientAddressOf(PEER, header, proxies)).toBe(expected),
	);

	test.each([
		[1, undefined],
		[1, ''],
		[2, '203.0.113.9'],
		[1, 'unknown'],
		[1, '203.0.113.9, _hidden'],
		[1, '203.0.113.256'],
		[1, '0x7f.1'],
		[1, '2130706433'],
		[1, '010.1.1.1'],
		[1, `${'1'.repeat(10_000)}.1.1.1`],
		[1, '203.0.113.9\u0000'],
	])('%i of them, X-Forwarded-For: %j is no word on it: the connection counts', (proxies, header) =>
		expect(clientAddressOf(PEER, header, proxies)).toBe(PEER),
	);
});

describe('IPv6', () => {
	test.each([
		['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
		['2001:db8:1:2::', '2001:db8:1:2::'],
		['2001:DB8:1:2:ffff::1', '2001:db8:1:2::'],
		['::ffff:198.51.100.7', '198.51.100.7'],
		['::ffff:c633:6407', '198.51.100.7'],
		['fe80::1%eth0', 'fe80::'],
		['::1', '::'],
	])('%s counts as %s', (address, expected) =>
		expect(clientAddressOf(address, undefined, 0)).toBe(expected),
	);
});

test('a connection that is gone has no address, and is still somebody', () => {
	expect(clientAddressOf(undefined, undefined, 0)).toBe('unknown');
});
