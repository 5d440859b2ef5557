// Where a command was given, which is where the paths among its arguments start.

/** `npm run` changes into the project's folder before it runs anything. */
export function workingFolder(): string {
	return process.env['INIT_CWD'] ?? process.cwd();
}
