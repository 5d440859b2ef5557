// The ESLint rule against names that have been replaced: by the field's own term, or by a plain word. Only code is
// looked at; columns, log fields and stored codes keep the names that others rely on.

import { basename } from 'node:path';

/** @type {[replaced: RegExp, by: string][]} */
const REPLACED = [
	[/^helper-|helperSlot/, 'the app, its instance, or what it is'],
	[/^Helper$/, 'App'],
	[/^(?:build)?Rooms$/, 'Services, createServices'],
	[/client-?alarm/i, 'circuit breaker'],
	[/^(?:one|nobody)_may_ask$/, 'half_open, open'],
	[/mail-?turns/i, 'site semaphore'],
	[/guess-?brake/i, 'login throttle'],
	[/bounded-?wait/i, 'withTimeout'],
	[/when-?available/i, 'mapDatabaseErrors'],
	[/while-?database-?is-?away/i, 'retryWhileDatabaseDown'],
	[/whole-?answers/i, 'fixSparseRows'],
	[/silent-?database/i, 'the statement timeout'],
	[/^LastingPool$/, 'ReplaceablePool'],
	[/stand-?at-?confirm/i, 'holdForConfirmation'],
	[/^NOTHING_STANDS$/, 'CLEAR_PENDING_TOKENS'],
	[/^retell/, 'an explanation at the edge'],
	[/^(?:giveBack|letGo)$/, 'release'],
	[/^(?:Guest|guest)$/, 'connection'],
	[/^welcome$/, 'accept'],
	[/^carry$/, 'pipe'],
	[/^farewell$/, 'goodbye'],
	[/^Voice$/, 'LiveRegion'],
	[/^(?:MOST|LONGEST)_/, 'MAX_'],
];

/** @param {string} name @returns {string | undefined} */
function replacementOf(name) {
	return REPLACED.find(([replaced]) => replaced.test(name))?.[1];
}

/** @type {import('eslint').Rule.RuleModule} */
export const replacedNamesRule = {
	create(context) {
		/** @param {string} name @param {{ loc?: import('eslint').AST.SourceLocation | null | undefined }} node */
		const check = (name, node) => {
			const by = replacementOf(name);
			if (by === undefined) return;
			const message = `"${name}" is now: ${by}.`;
			context.report({ loc: node.loc ?? { line: 1, column: 0 }, message });
		};
		return {
			Program: (node) => check(basename(context.filename), node),
			Identifier: (node) => check(node.name, node),
			Literal: (node) => {
				if (typeof node.value === 'string' && /^\w+$/.test(node.value)) check(node.value, node);
			},
		};
	},
};
