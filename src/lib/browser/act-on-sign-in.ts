// What is asked of the server once somebody has come back from Microsoft: a file of its own for the browser, fetched then.

import type { SignInId } from '../domain/sign-in.ts';
import { faultOf, type Fault } from './fault.ts';
import { post } from './sign-ins.ts';

/** What Microsoft sent in place of a code. True when the server has heard of it. */
export async function refuse(
	id: SignInId,
	answer: { error: string; description: string },
): Promise<boolean> {
	const response = await post(`/api/sign-ins/${id}/refusal`, {
		error: answer.error,
		error_description: answer.description,
	});
	return response?.status === 200;
}

/** Has the mailbox tried with the account that signed in. False when that is not possible now. */
export async function confirm(selector: SignInId | 'current'): Promise<boolean> {
	const response = await post(`/api/sign-ins/${selector}/confirm`);
	return response?.status === 202;
}

/** True when the token is gone. */
export async function revoke(selector: SignInId | 'current'): Promise<boolean> {
	const response = await post(`/api/sign-ins/${selector}/revoke`);
	return response?.status === 204;
}

/** Undefined when it has begun. */
export async function begin(
	what: 'checks' | 'test-message',
	selector: SignInId | 'current',
): Promise<Fault | undefined> {
	const response = await post(`/api/sign-ins/${selector}/${what}`);
	if (response?.status === 202) return undefined;
	return faultOf(response);
}
