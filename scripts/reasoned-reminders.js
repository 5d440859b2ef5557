// A rule for ESLint: a reminder in a comment says why the thing is not done, "TODO: because …". One without
// a reason tells its reader nothing, and stays forever.

const bareReminder = /\b(?:TODO|FIXME|XXX)\b(?!: \S+ \S+)/;

/** @type {import('eslint').Rule.RuleModule} */
export const reasonedReminders = {
	create(context) {
		return {
			Program() {
				for (const comment of context.sourceCode.getAllComments()) {
					if (!comment.loc || !bareReminder.test(comment.value)) continue;
					context.report({ loc: comment.loc, message: 'A reminder without its reason.' });
				}
			},
		};
	},
};
