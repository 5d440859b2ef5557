import { answering } from '../../api/answer';
import { logoAnswer } from '../logo-answer';
import type { RequestHandler } from './$types';

/** A site's, by its SHA-256: whoever has not seen the site's face cannot ask for it. */
export const GET: RequestHandler = (event) =>
	answering(event, async () =>
		logoAnswer(await event.locals.visitor.findSiteLogo(event.params.digest)),
	);
