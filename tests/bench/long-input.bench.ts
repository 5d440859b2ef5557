// What strangers type is read in time that grows with its length and no faster: eight times as much takes about eight
// times as long. What would grow with the square takes sixty-four times as long.

import { parseMailboxAddress } from '../../src/lib/domain/mailbox-address.ts';
import { readReturnFragment } from '../../src/lib/browser/return-fragment.ts';
import { parseSiteUrl } from '../../src/lib/domain/site-url.ts';
import { problemOfRefusal, referenceOfRefusal } from '../../src/lib/domain/refusal.ts';

const SHORT = 128 * 1024;
const TIMES = 8;
/** Short ones are so quick that what surrounds them counts. */
const MAX_RATIO = 3 * TIMES;
const ROUNDS = 9;
/** Below it the clock and the machine are measured. */
const MIN_MS = 0.2;

const PIECES = [
	...['a', '.', '/', '@', ':', '[', '%', 'ü', '\0', '"', '|', 'a.', 'a@', '@a.', 'https://'],
	...['\ud800', ' a', 'AADSTS', 'AADSTS1', 'Correlation ID: ', 'Correlation ID:        '],
	...['Timestamp: 2026-', ' ', '0197a1b2-'],
];

const READERS: [string, (text: string) => unknown][] = [
	['site URL', parseSiteUrl],
	['site URL behind its scheme', (text) => parseSiteUrl(`https://${text}`)],
	['site URL behind its host', (text) => parseSiteUrl(`https://mysite.example.com/${text}`)],
	['mailbox', parseMailboxAddress],
	['local part', (text) => parseMailboxAddress(`${text}@mycompany.com`)],
	['domain', (text) => parseMailboxAddress(`equis@${text}`)],
	['return from Microsoft', (text) => readReturnFragment(`#code=${text}&state=${text}`)],
	['refusal', (text) => [problemOfRefusal(text, text), referenceOfRefusal(text, text)]],
];

export function run(): Promise<void> {
	for (const [name, read] of READERS) {
		const ratios = PIECES.map((piece) => [ratioOf(piece, read), piece] as const);
		const [ratio, piece] = ratios.toSorted(([a], [b]) => b - a)[0] ?? [0, ''];
		const verdict = ratio <= MAX_RATIO ? 'within the goal' : 'OVER the goal';
		const worst = `${ratio.toFixed(1)} times with ${JSON.stringify(piece)}`;
		console.log(`  ${name}: ${worst} (goal: at most ${MAX_RATIO}), ${verdict}`);
	}
	return Promise.resolve();
}

function ratioOf(piece: string, read: (text: string) => unknown): number {
	const short = piece.repeat(SHORT / piece.length);
	const long = short.repeat(TIMES);
	const [base, much] = [short, long].map((text) => quickestMs(() => read(text)));
	return (much ?? 0) / Math.max(base ?? 0, MIN_MS);
}

function quickestMs(work: () => void): number {
	const times = Array.from({ length: ROUNDS }, () => {
		const begun = performance.now();
		work();
		return performance.now() - begun;
	});
	return Math.min(...times);
}
