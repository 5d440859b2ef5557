// What is needed once somebody has come back from Microsoft: files of their own for the browser, fetched then.

/** Undefined when they cannot be fetched. */
export async function fetchEnding() {
	try {
		const [poll, handOn, approval, confirm, problem, result] = await Promise.all([
			import('$lib/browser/poll'),
			import('$lib/browser/hand-on-answer'),
			import('$lib/components/ApprovalReturnPanel.svelte'),
			import('$lib/components/ConfirmPanel.svelte'),
			import('$lib/components/ProblemPanel.svelte'),
			import('$lib/components/ResultView.svelte'),
		]);
		return {
			pollSignIn: poll.pollSignIn,
			handOnAnswer: handOn.handOnAnswer,
			ApprovalReturnPanel: approval.default,
			ConfirmPanel: confirm.default,
			ProblemPanel: problem.default,
			ResultView: result.default,
		};
	} catch {
		// No connection, or a newer version of the page has been put in its place.
		return undefined;
	}
}

export type Ending = NonNullable<Awaited<ReturnType<typeof fetchEnding>>>;
