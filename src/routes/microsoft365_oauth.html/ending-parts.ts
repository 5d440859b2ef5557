// All of it in one file for the browser, but for the words in the visitor's language.

export { confirm, revoke } from '$lib/browser/act-on-sign-in';
export { recallApproval } from '$lib/browser/approvals';
export { fetchStatus } from '$lib/browser/fetch-status';
export { handOnAnswer } from '$lib/browser/hand-on-answer';
export { pollSignIn } from '$lib/browser/poll';
export { explainObstacle, explainReturn } from '$lib/problems/return-problems';
export { loadPageWords } from '$lib/words/page-words';
export { default as ApprovalPanel } from '$lib/components/ApprovalPanel.svelte';
export { default as SignOutPanel } from '$lib/components/SignOutPanel.svelte';
export { announcementOf, titleOfForm, titleOfOutcome } from './outcome-words';
export { default as SignInEnding } from './SignInEnding.svelte';
