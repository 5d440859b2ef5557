// A sign-in at the practice Microsoft without a browser: the same steps as the page takes, so what comes out is what a
// person would have got.

import { OperatorError } from '../lib/domain/operator-error.ts';
import { isProblem } from '../lib/domain/problem.ts';
import type { SignInId } from '../lib/domain/sign-in.ts';
import { explainSignIn } from '../lib/problems/explain-sign-in.ts';
import type { App } from '../lib/server/app/app.ts';
import { UNKNOWN_ADDRESS } from '../lib/server/client-address.ts';
import { returnOf, type AtMicrosoft } from '../practice/microsoft/sign-in-at-microsoft.ts';
import { PRACTICE_DOMAIN, PRACTICE_SITE } from './practice.ts';

/** Of the mail logins that prove, after somebody else signed in, that they may use the mailbox. */
const CONFIRM_LIMIT_MS = 60_000;

export type PracticeSignIn = {
	mailbox: string;
	account?: string;
	/** The `url` of a connect link, in place of the practice site. */
	link?: string | undefined;
};

/** Of a link with a return URL, where the browser goes next: with a code, or with what the sign-in failed for. */
export type PracticeOutcome = { identifier: string } | { return_to: string };

/** Throws `OperatorError` with what the page would say. */
export async function signInAtPractice(
	app: App,
	{ mailbox, account = mailbox, link }: PracticeSignIn,
): Promise<PracticeOutcome> {
	const visitor = app.forVisitor(UNKNOWN_ADDRESS);
	const through = link === undefined ? { site: PRACTICE_SITE } : { link: linkSecretOf(link) };
	const { cookie, ...started } = await visitor
		.beginSignIn(undefined, { ...through, email: mailbox })
		.catch((error: unknown) => {
			throw inWords(error, mailbox);
		});
	const { sign_in: id } = started;
	const session = await comeBack(app, await app.findSession(cookie?.value), {
		id,
		answer: await returnOf({ ...app.page.microsoft, ...started, choice: account }).catch(
			(cause: unknown) => {
				throw new OperatorError(`The practice Microsoft did not let ${account} sign in.`, {
					cause,
				});
			},
		),
	});
	const status = async () => explainSignIn(await visitor.signInStatus(session, id), 'en');
	if ((await status()).status === 'confirm') {
		await visitor.confirmSignIn(session, id);
		await app.workDone(CONFIRM_LIMIT_MS);
	}
	const after = await status();
	if (after.status === 'ready') return { identifier: after.identifier };
	const returnTo = await visitor.returnToSite(session, id).catch(unlessNotReturned);
	if (returnTo) return returnTo;
	if (after.status !== 'failed') {
		throw new OperatorError(
			`${account} may not use the mailbox ${after.status === 'none' ? mailbox : after.email}.`,
		);
	}
	throw new OperatorError(`${after.problem.title}. ${after.problem.explanation}`);
}

/** The session from then on. */
async function comeBack(
	app: App,
	session: Awaited<ReturnType<App['findSession']>>,
	{ id, answer }: { id: SignInId; answer: AtMicrosoft },
): Promise<typeof session> {
	const visitor = app.forVisitor(UNKNOWN_ADDRESS);
	if (answer.code === '') {
		const [error, description] = ['error', 'error_description'].map((name) =>
			answer.fragment.get(name),
		);
		await visitor.refuseSignIn(session, id, { error, description });
		return session;
	}
	const redeemed = await visitor.redeemCode(session, id, answer);
	return redeemed.kind === 'redeemed' && redeemed.cookie
		? app.findSession(redeemed.cookie.value)
		: session;
}

function linkSecretOf(link: string): string {
	const secret = URL.canParse(link) ? new URL(link).searchParams.get('link') : null;
	if (secret !== null) return secret;
	throw new OperatorError(
		'That is no connect link: it is the url that "POST /api/v1/connect-links" answers.',
	);
}

/** A link without a return URL, or none at all, leads nowhere. */
function unlessNotReturned(error: unknown): undefined {
	if (isProblem(error) && error.code === 'not_returned') return undefined;
	throw error;
}

function inWords(error: unknown, mailbox: string): unknown {
	if (!isProblem(error)) return error;
	switch (error.code) {
		case 'invalid_input':
			return new OperatorError(`"${mailbox}" is no email address.`);
		case 'mailbox_not_allowed':
			return new OperatorError(`The practice site takes mailboxes of ${PRACTICE_DOMAIN} alone.`);
		case 'link_ended':
			return new OperatorError('The connect link has ended, or is not of this helper.');
		default:
			return error;
	}
}
