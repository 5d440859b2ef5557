import { explainChecks } from '$lib/problems/mail-answers/explain-mail-answer';
import { answering } from '../../../answer';
import { parseNumber } from '../number';
import type { RequestHandler } from './$types';

/** As its owner: the mail logins run, and the answer is what came of them. */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		const { visitor, session, language } = event.locals;
		const number = parseNumber(event.params.number);
		const { checks, subject } = await visitor.checkOwnMailbox(await session(), number);
		return Response.json({ checks: explainChecks(checks, subject, language) });
	});
