// A sign-in at the practice Microsoft without a browser: the same steps as the page takes, so what comes out is what a
// person would have got.

import { OperatorError } from '../lib/domain/operator-error.ts';
import { isProblem } from '../lib/domain/problem.ts';
import { explainSignIn } from '../lib/problems/explain-sign-in.ts';
import type { App } from '../lib/server/app/app.ts';
import { UNKNOWN_ADDRESS } from '../lib/server/client-address.ts';
import { returnOf } from '../practice/microsoft/sign-in-at-microsoft.ts';
import { PRACTICE_DOMAIN, PRACTICE_SITE } from './practice.ts';

/** Of the mail logins that prove, after somebody else signed in, that they may use the mailbox. */
const CONFIRM_LIMIT_MS = 60_000;

/** The identifier. Throws `OperatorError` with what the page would say. */
export async function signInAtPractice(
	app: App,
	{ mailbox, account = mailbox }: { mailbox: string; account?: string },
): Promise<string> {
	const visitor = app.forVisitor(UNKNOWN_ADDRESS);
	const { cookie, ...started } = await visitor
		.beginSignIn(undefined, { site: PRACTICE_SITE, email: mailbox })
		.catch((error: unknown) => {
			throw inWords(error, mailbox);
		});
	let session = await app.findSession(cookie?.value);
	const answer = await returnOf({ ...app.page.microsoft, ...started, choice: account });
	const { sign_in: id } = started;
	if (answer.code === '') {
		const [error, description] = ['error', 'error_description'].map((name) =>
			answer.fragment.get(name),
		);
		await visitor.refuseSignIn(session, id, { error, description });
	} else {
		const redeemed = await visitor.redeemCode(session, id, answer);
		if (redeemed.kind === 'redeemed' && redeemed.cookie) {
			session = await app.findSession(redeemed.cookie.value);
		}
	}
	const status = async () => explainSignIn(await visitor.signInStatus(session, id), 'en');
	if ((await status()).status === 'confirm') {
		await visitor.confirmSignIn(session, id);
		await app.workDone(CONFIRM_LIMIT_MS);
	}
	const after = await status();
	if (after.status === 'ready') return after.identifier;
	if (after.status !== 'failed') {
		throw new OperatorError(`${account} may not use the mailbox ${mailbox}.`);
	}
	throw new OperatorError(`${after.problem.title}. ${after.problem.explanation}`);
}

function inWords(error: unknown, mailbox: string): unknown {
	if (!isProblem(error)) return error;
	switch (error.code) {
		case 'invalid_input':
			return new OperatorError(`"${mailbox}" is no email address.`);
		case 'mailbox_not_allowed':
			return new OperatorError(`The practice site takes mailboxes of ${PRACTICE_DOMAIN} alone.`);
		default:
			return error;
	}
}
