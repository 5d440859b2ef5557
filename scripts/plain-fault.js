// How a script ends other than well: with one plain sentence and no stack, or by the signal it received.
// The helper itself has OperatorError for the sentence; these scripts run before TypeScript can be loaded.

export class PlainFault extends Error {}

/** Thrown, so that whatever is held is let go on the way out; `runScript` then ends by the signal. */
export class Interrupted extends Error {
	/** @param {NodeJS.Signals} signal */
	constructor(signal) {
		super(signal);
		this.signal = signal;
	}
}

/**
 * Runs a script to its end. An unknown error keeps its stack: it is a defect of ours.
 *
 * @param {() => Promise<number | undefined>} main answers with the exit status
 */
export async function runScript(main) {
	try {
		process.exitCode = (await main()) ?? process.exitCode;
	} catch (error) {
		if (error instanceof Interrupted) process.kill(process.pid, error.signal);
		else if (error instanceof PlainFault) console.error(error.message);
		else throw error;
		process.exitCode = 1;
	}
}
