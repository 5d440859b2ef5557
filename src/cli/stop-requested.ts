// Being told to stop, by the terminal or the system.

/** Ctrl-C can arrive twice, from the terminal and from npm; a signal this much later means "at once". */
const SAME_SIGNAL_MS = 1_000;

export function stopRequested(): Promise<'asked'> {
	return new Promise((resolve) => {
		let firstAt: number | undefined;
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
			process.on(signal, () => {
				const at = performance.now();
				firstAt ??= at;
				if (at - firstAt > SAME_SIGNAL_MS) process.exit(1);
				resolve('asked');
			});
		}
	});
}
