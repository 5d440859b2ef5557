// A request whose handler failed, at once or later: it is answered, the details go to the log under an id, and the process
// and everybody else's requests go on.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../lib/server/log.ts';
import { refuseWith, type Headers } from './refusal.ts';

export function answerFailure(headers: Headers, log: Log) {
	return (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
		const id = crypto.randomUUID();
		log.error({ err: error, id }, 'a request could not be answered');
		if (response.headersSent) return void response.destroy();
		for (const name of response.getHeaderNames()) response.removeHeader(name);
		const message = `Something went wrong here. The operator finds it under ${id}.`;
		refuseWith(headers, { status: 500, error: 'internal_error', message })(request, response);
	};
}
