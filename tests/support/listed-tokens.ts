// What lists of stored tokens hold, all their pages together.

import type { App } from '../../src/lib/server/app/app.ts';
import type { OperatorTokenQuery } from '../../src/lib/server/tokens/list-tokens.ts';

export async function listedTokens(app: App, query?: OperatorTokenQuery) {
	const tokens = [];
	for await (const page of app.listTokens(query)) tokens.push(...page);
	return tokens;
}
