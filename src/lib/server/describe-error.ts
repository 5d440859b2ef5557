// What is told of an error, in the log and where a command ends of one. Apart from the log, so that a command which logs
// nothing loads none.

/** Deeper than any real chain; an error can also be its own cause. */
const MAX_CAUSES = 5;

/** The name, code and place of an error and of its causes. Messages of libraries can quote what they were given. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
	if (!(error instanceof Error)) return { name: typeof error };
	const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
	const at = placeOf(error);
	const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
	return {
		name: error.name,
		...(code !== undefined && { code }),
		...(at !== undefined && { at }),
		...(hasCause && { cause: describeError(error.cause, depth + 1) }),
	};
}

/** The first line of the stack below the message, which itself may hold lines that look like one. */
function placeOf({ stack, message }: Error): string | undefined {
	if (stack === undefined) return undefined;
	const from = message === '' ? 0 : stack.indexOf(message);
	if (from < 0) return undefined;
	const below = stack.slice(from + message.length).split('\n');
	return below.find((line) => /^\s+at \S/.test(line))?.trim();
}
