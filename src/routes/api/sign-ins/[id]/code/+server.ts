import { answering } from '../../../answer';
import { answerCode } from '../../../code-answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/** The authorization code of a sign-in, once. */
export const POST: RequestHandler = (event) =>
	answering(event, () =>
		answerCode(event, async (input) => {
			const { visitor, session } = event.locals;
			return visitor.redeemCode(await session(), parseSelector(event.params.id), input);
		}),
	);
