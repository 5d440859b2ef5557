// The colours of the page's tokens, in both themes: text stands out 7 to 1, what is pressed or framed 3 to 1 (WCAG 2.2,
// 1.4.6 and 1.4.11). What stands on what is listed here; axe looks at what is on the page.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../src/app.css', import.meta.url), 'utf8');

function token(name: string, theme: 'light' | 'dark'): string {
	const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
	if (!found) throw new Error(`no token --${name}`);
	return found[theme === 'light' ? 1 : 2] ?? '';
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
	const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = [
	'page',
	'surface',
	'sunken',
	'accent-tint',
	'success-tint',
	'warning-tint',
	'fault-tint',
];

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
	test.each(['text', 'muted', 'accent', 'accent-strong'])(
		'%s can be read on every ground',
		(name) => {
			for (const ground of GROUNDS) {
				expect(contrast(token(name, theme), token(ground, theme)), ground).toBeGreaterThanOrEqual(
					7,
				);
			}
		},
	);

	test('faults can be read where they stand, and the words on the button', () => {
		for (const ground of ['surface', 'fault-tint']) {
			expect(contrast(token('fault', theme), token(ground, theme)), ground).toBeGreaterThanOrEqual(
				7,
			);
		}
		for (const button of ['accent', 'accent-strong']) {
			expect(contrast(token('on-accent', theme), token(button, theme))).toBeGreaterThanOrEqual(7);
		}
	});

	test.each(['line', 'focus', 'fault', 'success', 'warning', 'accent'])(
		'%s is seen as a frame or a ring on every ground',
		(name) => {
			for (const ground of GROUNDS) {
				expect(contrast(token(name, theme), token(ground, theme)), ground).toBeGreaterThanOrEqual(
					3,
				);
			}
		},
	);

	test('the ring is seen beside the button that it is around', () => {
		expect(contrast(token('focus', theme), token('page', theme))).toBeGreaterThanOrEqual(3);
	});
});
