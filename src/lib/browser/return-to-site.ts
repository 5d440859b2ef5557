// The way back to the site that made the link, asked for when somebody goes.

import type { SignInId } from '../domain/sign-in.ts';
import { faultOf, type Fault } from './fault.ts';
import { post } from './sign-ins.ts';

/** Where the browser goes back to, with a code that is good once; or why there is no way. */
export async function returnToSite(
	selector: SignInId | 'current',
): Promise<{ url: string } | Fault> {
	const response = await post(`/api/sign-ins/${selector}/return`);
	if (response?.status !== 200) return faultOf(response);
	const url = parseUrl(await response.json().catch(() => undefined));
	return url === undefined ? { message: undefined } : { url };
}

function parseUrl(body: unknown): string | undefined {
	if (typeof body !== 'object' || body === null || !('return_to' in body)) return undefined;
	return typeof body.return_to === 'string' ? body.return_to : undefined;
}
