import { isProblem } from '$lib/domain/problem';
import type { SignInStatus } from '$lib/domain/sign-in';
import { explainSignIn } from '$lib/problems/explain-sign-in';
import { answering } from '../../../answer';
import { answerCode } from '../../../code-answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** The authorization code of a sign-in, once. The answer has its status as well, which spares the page a request. */
export const POST: RequestHandler = (event) =>
	answering(event, () => {
		const { visitor, session } = event.locals;
		const selector = parseSelector(event.params.id);
		return answerCode(
			event,
			async (input) => visitor.redeemCode(await session(), selector, input),
			({ cookie }) => statusAfter(event.locals, selector, cookie?.value),
		);
	});

/** By the session that the answer brings. The page asks by itself for what is not told here. */
async function statusAfter(
	{ app, visitor, session, language }: App.Locals,
	selector: ReturnType<typeof parseSelector>,
	newCookie: string | undefined,
): Promise<SignInStatus | undefined> {
	try {
		const current = newCookie === undefined ? await session() : await app.findSession(newCookie);
		return explainSignIn(await visitor.signInStatus(current, selector), language);
	} catch (error) {
		if (!isProblem(error)) throw error;
		return undefined;
	}
}
