// One side of a conversation in lines, before bytes are piped. Reads only when asked, so that a client that sends
// more waits; what was read beyond the last line is not lost.

import type { Socket } from 'node:net';

export type Wire = {
	/** The next line without its end, an octet a character; undefined when the other side is gone. Throws `LineTooLong`. */
	readLine(longest: number): Promise<string | undefined>;
	/** Undefined when the other side is gone before. */
	readBytes(count: number): Promise<Buffer | undefined>;
	write(text: string): void;
	/** Says the text and ends; whatever still comes is not looked at. */
	end(text: string): undefined;
	/**
	 * What was read and not yet looked at is dropped: it came in clear, and anyone in between could have
	 * written it (CVE-2011-0411).
	 */
	secure(upgrade: (plain: Socket) => Socket): void;
	/** Hands the socket over for good, with what was read beyond the last line. */
	release(): { socket: Socket; rest: Buffer };
};

export class LineTooLong extends Error {}

const NOTHING = Buffer.alloc(0);
const LINE_FEED = 0x0a;
/** How long the other side may take to hear a goodbye. */
const GOODBYE_MS = 5_000;

export function openWire(first: Socket): Wire {
	let socket = first;
	const reader = createReader();
	reader.attach(socket);
	return {
		async readLine(longest) {
			for (let seen = 0; ;) {
				const end = reader.read().indexOf(LINE_FEED, seen);
				seen = reader.read().length;
				if (end > longest || (end < 0 && seen > longest)) throw new LineTooLong();
				if (end >= 0)
					return reader
						.take(end + 1)
						.toString('latin1')
						.replace(/\r?\n$/, '');
				if (!(await reader.readMore())) return undefined;
			}
		},
		async readBytes(count) {
			while (reader.read().length < count) if (!(await reader.readMore())) return undefined;
			return reader.take(count);
		},
		write(text) {
			if (socket.writable) socket.write(text, 'latin1');
		},
		end(text) {
			reader.detach();
			if (socket.writable) socket.end(text, 'latin1');
			socket.on('error', ignoreFault).resume();
			destroyWithin(socket, GOODBYE_MS);
			return undefined;
		},
		secure(upgrade) {
			reader.detach();
			while (socket.read() !== null);
			reader.take(reader.read().length);
			socket.on('error', ignoreFault);
			socket = upgrade(socket);
			reader.attach(socket);
		},
		release() {
			reader.detach();
			return { socket, rest: reader.take(reader.read().length) };
		},
	};
}

/**
 * For sockets whose faults end them, which is all that anybody needs to know. A listener without a scope: one written
 * in place would keep all that stands around it as long as the connection lasts.
 */
export function ignoreFault(): void {}

/** A deadline, whatever still comes of it: a byte now and then keeps no connection. */
export function destroyWithin(socket: Socket, ms: number): void {
	const timer = setTimeout(() => socket.destroy(), ms).unref();
	socket.once('close', () => clearTimeout(timer));
}

/** What came of a socket and was not looked at yet. */
function createReader() {
	let socket: Socket | undefined;
	let read: Buffer = NOTHING;
	let isOver = false;
	let wake: () => void = () => undefined;
	const onReadable = () => wake();
	const onEnd = () => {
		isOver = true;
		wake();
	};
	return {
		attach(next: Socket): void {
			socket = next.on('readable', onReadable);
			for (const event of ENDINGS) socket.on(event, onEnd);
		},
		/** Pending reads learn that it is over. */
		detach(): void {
			socket?.off('readable', onReadable);
			for (const event of ENDINGS) socket?.off(event, onEnd);
			socket = undefined;
			wake();
		},
		read: () => read,
		/** False when nothing more will come. */
		async readMore(): Promise<boolean> {
			while (socket !== undefined) {
				const chunk: unknown = socket.read();
				if (Buffer.isBuffer(chunk)) {
					read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
					return true;
				}
				if (isOver) return false;
				await new Promise<void>((resolve) => (wake = resolve));
			}
			return false;
		},
		take(count: number): Buffer {
			const taken = read.subarray(0, count);
			read = count === read.length ? NOTHING : read.subarray(count);
			return taken;
		},
	};
}

const ENDINGS = ['end', 'close', 'error'] as const;
