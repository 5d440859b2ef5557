// The operator's logo: known by its content, small, and read once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/lib/domain/operator-error.ts';
import type { Logo } from '../../src/lib/domain/logo.ts';
import { parseSettings } from '../../src/lib/server/settings/settings.ts';
import { textMatching } from '../support/matchers.ts';

const root = mkdtempSync(join(tmpdir(), 'mailkey-logo-'));
afterAll(() => rmSync(root, { recursive: true }));

const NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"';
const MOST = 200 * 1024;

function logoOf(name: string, content: string): Logo | undefined {
	writeFileSync(join(root, name), content, 'latin1');
	return parseSettings({ HELPER_LOGO: name }, root).helperLogo;
}

function faultsOf(path: string): readonly string[] {
	try {
		parseSettings({ HELPER_LOGO: path }, root);
	} catch (error) {
		if (error instanceof OperatorError) return error.sentences;
		throw error;
	}
	return [];
}

describe('a logo is known by its content, whatever its name', () => {
	test.each([
		['a PNG', '\x89PNG\r\n\x1a\nrest', 'image/png'],
		['a JPEG', '\xff\xd8\xff\xe0rest', 'image/jpeg'],
		['a WebP', 'RIFF\x10\x00\n\x00WEBPVP8 rest', 'image/webp'],
		['an SVG', `<svg ${NAMESPACE}/>`, 'image/svg+xml'],
		['an SVG with a mark in front', `\xef\xbb\xbf\n<svg ${NAMESPACE}></svg>`, 'image/svg+xml'],
		[
			'an SVG as drawing programs write it',
			`<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: <svg> --><!-- again -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/svg11.dtd" [
	<!ENTITY ns_svg "http://www.w3.org/2000/svg">
]>
<svg xmlns="&ns_svg;"></svg>`,
			'image/svg+xml',
		],
		['an SVG with a prefix', `<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>`, 'image/svg+xml'],
	])('%s', (_name, content, contentType) => {
		const logo = logoOf('logo.txt', content);
		expect(logo?.contentType).toBe(contentType);
		expect(Buffer.from(logo?.bytes ?? []).toString('latin1')).toBe(content);
	});

	test('it may have 200 KB', () => {
		const logo = logoOf('large.svg', `<svg ${NAMESPACE}/>`.padEnd(MOST));
		expect(logo?.bytes.length).toBe(MOST);
	});

	test('it is read once: what becomes of the file afterwards changes nothing', () => {
		const logo = logoOf('logo.svg', `<svg ${NAMESPACE}/>`);
		writeFileSync(join(root, 'logo.svg'), 'something else');
		expect(Buffer.from(logo?.bytes ?? []).toString()).toContain('<svg');
	});
});

describe('a file that is no logo is one sentence that names the variable and what is accepted', () => {
	test.each([
		['nothing', ''],
		['text', 'hello'],
		['a page', '<!DOCTYPE html><html><svg xmlns="http://www.w3.org/2000/svg"/></html>'],
		['XML that holds an SVG', `<x><svg ${NAMESPACE}/></x>`],
		['a comment that holds an SVG', `<!-- <svg ${NAMESPACE}/>`],
		['an SVG without its namespace', '<svg></svg>'],
		['a name that begins like it', `<svgs ${NAMESPACE}/>`],
		['a GIF', 'GIF89a...'],
		['a sound in the container of WebP', 'RIFF\x10\x00\x00\x00WAVEfmt '],
		['a PNG that was spoilt as text', '\x89PNG\n\x1a\nrest'],
		['one byte too many', `<svg ${NAMESPACE}/>`.padEnd(MOST + 1)],
	])('%s', (_name, content) => {
		writeFileSync(join(root, 'fault.png'), content, 'latin1');
		expect(faultsOf('fault.png')).toEqual([
			textMatching(/^HELPER_LOGO must be .+ PNG, SVG, WebP or JPEG .+ 200 KB \(.+\)\.$/),
		]);
	});

	test.each([
		['missing.png', /missing\.png: there is no such file/],
		['.', /: not a file/],
		['/dev/zero', /zero: not a file/],
		['data:image/png;base64,'.padEnd(1_000, 'A'), /this is no path/],
		['-----BEGIN PRIVATE KEY-----\nhush', /^[^-]*this is no path[^-]*$/],
	])('the path %s', (path, expected) => {
		const faults = faultsOf(path);
		expect(faults).toHaveLength(1);
		expect(faults[0]).toMatch(/^HELPER_LOGO must be /);
		expect(faults[0]).toMatch(expected);
	});
});
