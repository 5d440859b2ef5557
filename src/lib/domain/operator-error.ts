// What stops a command or the start: plain sentences for the operator, one per fault, and exit status 1.
// The person who runs the program sees exactly these sentences and no stack.

export class OperatorError extends Error {
	readonly sentences: readonly string[];

	constructor(sentences: string | readonly string[], options?: ErrorOptions) {
		const list = typeof sentences === 'string' ? [sentences] : sentences;
		super(list.join('\n'), options);
		this.name = 'OperatorError';
		this.sentences = list;
	}
}
