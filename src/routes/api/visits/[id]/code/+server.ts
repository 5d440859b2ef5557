import { answering } from '../../../answer';
import { answerCode } from '../../../code-answer';
import type { RequestHandler } from './$types';

/** The authorization code of a visit, once. */
export const POST: RequestHandler = (event) =>
	answering(event, () =>
		answerCode(event, async (input) => {
			const { visitor, session } = event.locals;
			return visitor.redeemVisit(await session(), event.params.id, input);
		}),
	);
