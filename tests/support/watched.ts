// What makes a process of the product write down its sockets, when the whole run is watched (scripts/socket-watch.js).

export function watched(): Record<string, string> {
	const { NODE_OPTIONS, SOCKET_WATCH } = process.env;
	return { ...(NODE_OPTIONS && { NODE_OPTIONS }), ...(SOCKET_WATCH && { SOCKET_WATCH }) };
}
