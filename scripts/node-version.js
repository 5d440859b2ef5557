// Whether this Node.js will do, by package.json's "engines", read before anything is installed.
// Of the range syntax it knows the two forms that are used, `^1.2.3` and `>=1.2.3`, joined by `||`.

/**
 * @param {string} range
 * @param {string} version
 */
export function acceptsVersion(range, version) {
	const actual = parseVersion(version);
	return range.split('||').some((part) => {
		const wanted = parseVersion(part);
		const sameMajor = actual[0] === wanted[0] || part.trim().startsWith('>=');
		return sameMajor && compare(actual, wanted) >= 0;
	});
}

/** Node.js 20 had its last update in April 2026, 22 has its last in April 2027; each even version is kept up for three years. */
export const RECOMMENDED_MAJOR = 24;

/**
 * @param {string} version that will do
 * @returns {string | undefined} one sentence, where a newer one is better
 */
export function adviceOn(version) {
	if (Number(parseVersion(version)[0]) >= RECOMMENDED_MAJOR) return undefined;
	const reason = acceptsVersion('^20.0.0', version) ? ', as Node.js 20 gets no more updates' : '';
	return `This is Node.js ${version}, on which Mailkey still runs; Node.js ${RECOMMENDED_MAJOR} is recommended${reason}.`;
}

/** @param {string} text */
function parseVersion(text) {
	const numbers = /^\s*(?:\^|>=)?(\d+)\.(\d+)\.(\d+)/.exec(text);
	if (!numbers) throw new TypeError(`Not a version that this script knows: ${text}`);
	return numbers.slice(1).map(Number);
}

/** @param {number[]} a @param {number[]} b */
function compare(a, b) {
	for (const [index, number] of a.entries()) {
		const difference = number - (b[index] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}
