// A server that cannot have its address says why in one sentence, whichever server it is.

import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { OperatorError } from '../../src/lib/domain/operator-error.ts';
import { listen } from '../../src/lib/server/listen.ts';

function refusing(code: string | undefined): Server {
	const server = createServer();
	server.listen = () => {
		const cause = Object.assign(new Error('refused'), code === undefined ? {} : { code });
		process.nextTick(() => server.emit('error', cause));
		return server;
	};
	return server;
}

test.each([
	['EADDRINUSE', 'another program uses that port'],
	['EACCES', 'this user may not use that port'],
	['EADDRNOTAVAIL', 'this machine has no such address'],
	['ENOTFOUND', 'this machine has no such address'],
	['EMFILE', 'EMFILE'],
	[undefined, 'refused'],
])('%s is told as "%s", after the name and before the advice', async (code, reason) => {
	const address = { host: '127.0.0.1', port: 80 };
	await expect(listen(refusing(code), address, '--imap:')).rejects.toThrow(
		new OperatorError(`--imap: cannot listen on 127.0.0.1, port 80: ${reason}.`),
	);
	await expect(listen(refusing(code), address, 'It', 'Set PORT.')).rejects.toThrow(
		new OperatorError(`It cannot listen on 127.0.0.1, port 80: ${reason}. Set PORT.`),
	);
});

test('port 0 is any free one, and the port that it got is told', async () => {
	const [one, other] = [createServer(), createServer()];
	const address = { host: '127.0.0.1', port: 0 };
	const port = await listen(one, address, 'It');
	expect(port).toBeGreaterThan(0);
	await expect(listen(other, { ...address, port }, 'It')).rejects.toThrow('another program');
	one.close();
});
