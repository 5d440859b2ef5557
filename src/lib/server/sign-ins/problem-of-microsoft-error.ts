// Which problem it is for the person who signed in, when Microsoft gave no tokens for the code.

import type { SignInProblemCode } from '../../domain/problem.ts';
import { problemOfRefusal, problemOfRefusedCode } from '../../domain/refusal.ts';
import type { MicrosoftError } from '../microsoft/microsoft-error.ts';

export function problemOfMicrosoftError({ kind, answer }: MicrosoftError): SignInProblemCode {
	switch (kind) {
		case 'unreachable':
		case 'throttled':
			return 'microsoft_unreachable';
		case 'invalid_answer':
			return 'microsoft_answer_invalid';
		case 'untimely_answer':
			return 'clock_differs';
		case 'invalid_client':
		case 'invalid_request':
			return 'helper_not_accepted_by_microsoft';
		case 'organisation':
		case 'unknown_refusal':
			return 'refused_by_microsoft';
		case 'invalid_grant':
			return problemOfRefusedCode(answer?.description ?? '');
		case 'interaction_required':
			return problemOfRefusal(answer?.error ?? '', answer?.description ?? '');
	}
}
