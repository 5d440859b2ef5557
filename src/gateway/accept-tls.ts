// The gateway's side of TLS with a mail client. A handshake that fails is told, as the client is often a device or an
// old program that says nothing of it: no common TLS version, an unknown authority, no TLS at all.

import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';

/** `onFailure` hears why, in OpenSSL's words where it has some. */
export function acceptTls(
	plain: Socket,
	secureContext: SecureContext,
	onFailure: (reason: string) => void,
): TLSSocket {
	const secured = new TLSSocket(plain, { isServer: true, secureContext });
	// Thousands of connections stay: nothing of the handshake is kept.
	const done = () => {
		secured.off('secure', done).off('error', fail).off('end', leave).uncork();
	};
	const fail = (error: Error) => {
		done();
		// A client that sends nothing only looked whether the port is open.
		if (plain.bytesRead > 0) onFailure(reasonOf(error));
	};
	const leave = () => fail(new Error('the client left'));
	// A greeting that waits would break the connection before the client hears why.
	secured.cork();
	return secured.on('secure', done).on('error', fail).on('end', leave);
}

/** OpenSSL's own words are in the message, whatever noticed the failure: `error:<number>:<library>:<function>:<reason>:`. */
function reasonOf({ message }: Error): string {
	const [, openSsl] = /:error:[\dA-F]+:[^:]*:[^:]*:([^:]+):/.exec(message) ?? [];
	return openSsl ?? message;
}
