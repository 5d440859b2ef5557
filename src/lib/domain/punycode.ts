// What an A-label says (`xn--mnchen-3ya` is "münchen"): RFC 3492, decoding only. A browser has no function for it.

/** RFC 3492, section 5. */
const BASE = 36;
const MIN_THRESHOLD = 1;
const MAX_THRESHOLD = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_CODE_POINT = 128;

/** RFC 1034, 3.1. */
const MAX_LABEL_LENGTH = 63;

const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A label in its letters: as it is where it is no A-label, undefined where it is one that does not decode. */
export function decodeLabel(label: string): string | undefined {
	if (!/^xn--/i.test(label)) return label;
	if (label.length > MAX_LABEL_LENGTH) return undefined;
	return decode(label.slice('xn--'.length).toLowerCase());
}

function decode(text: string): string | undefined {
	const hyphen = text.lastIndexOf('-');
	const output = text.slice(0, Math.max(hyphen, 0)).split('');
	let codePoint = INITIAL_CODE_POINT;
	let bias = INITIAL_BIAS;
	let at = 0;
	for (let from = hyphen + 1; from < text.length;) {
		const delta = readDelta(text, from, bias);
		if (delta === undefined) return undefined;
		const length = output.length + 1;
		bias = adapt(delta.value, length, at === 0 ? DAMP : 2);
		codePoint += Math.floor((at + delta.value) / length);
		if (codePoint > 0x10_ff_ff) return undefined;
		at = (at + delta.value) % length;
		output.splice(at, 0, String.fromCodePoint(codePoint));
		at += 1;
		from = delta.end;
	}
	return output.join('');
}

/** A variable-length integer, RFC 3492, section 3.3. */
function readDelta(text: string, from: number, bias: number) {
	let value = 0;
	let weight = 1;
	for (let end = from; end < text.length; end += 1) {
		const digit = DIGITS.indexOf(text.charAt(end));
		if (digit < 0) return undefined;
		value += digit * weight;
		const k = BASE * (end - from + 1);
		const threshold = Math.min(Math.max(k - bias, MIN_THRESHOLD), MAX_THRESHOLD);
		if (digit < threshold) return { value, end: end + 1 };
		weight *= BASE - threshold;
	}
	return undefined;
}

/** Bias adaptation, RFC 3492, section 3.4. */
function adapt(delta: number, length: number, damp: number): number {
	let rest = Math.floor(delta / damp);
	rest += Math.floor(rest / length);
	let k = 0;
	for (; rest > ((BASE - MIN_THRESHOLD) * MAX_THRESHOLD) / 2; k += BASE) {
		rest = Math.floor(rest / (BASE - MIN_THRESHOLD));
	}
	return k + Math.floor(((BASE - MIN_THRESHOLD + 1) * rest) / (rest + SKEW));
}
