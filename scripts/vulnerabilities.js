// `npm run vulnerabilities`: what npm's registry knows against the packages of the product. Where the registry cannot be
// asked, that is said, and is no fault: a machine without the internet must be able to run everything.

import { runScript } from './plain-fault.js';
import { runProgram } from './run-tool.js';
import { shippedPaths } from './shipped.js';

/** Lower ones are told and do not fail. */
const SERIOUS = ['high', 'critical'];

await runScript(async () => {
	const { output } = await runProgram('npm', ['audit', '--json'], { output: 'kept' });
	const report = parseReport(output);
	if (report === undefined) {
		console.log('The registry could not be asked for known vulnerabilities.');
		return 0;
	}
	const paths = shippedPaths();
	const shipped = report.filter(({ nodes }) => nodes.some((path) => paths.has(path)));
	for (const { name, severity } of shipped) console.log(`${name}: ${severity}`);
	const serious = shipped.filter(({ severity }) => SERIOUS.includes(severity));
	console.log(
		`${shipped.length} packages with known vulnerabilities, ${serious.length} of them serious.`,
	);
	return serious.length > 0 ? 1 : 0;
});

/**
 * @param {string} output of `npm audit --json`, with npm's own warnings around it
 * @returns {{ name: string, severity: string, nodes: string[] }[] | undefined}
 */
function parseReport(output) {
	try {
		const { vulnerabilities } = JSON.parse(
			output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1),
		);
		return vulnerabilities && Object.values(vulnerabilities);
	} catch {
		// No JSON: npm could not even begin.
		return undefined;
	}
}
