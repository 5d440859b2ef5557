// Microsoft's numbers about the sign-in itself: not finished, a second proof missing, expired, revoked,
// or stopped by a fault that passes by itself.

import { said } from '../say.ts';
import type { AadstsEntry } from './entry.ts';

export const SIGN_INS: readonly AadstsEntry[] = [
	{ numbers: [50058], words: said('visitor', 'not_signed_in') },
	{ numbers: [50072, 50079], words: said('visitor', 'second_proof_setup') },
	{ numbers: [50074, 50076, 50078], words: said('visitor', 'second_proof_missing') },
	{ numbers: [50158], words: said('visitor', 'outside_proof') },
	{ numbers: [700003], words: said('visitor', 'device_removed') },
	{ numbers: [500121], words: said('visitor', 'second_proof') },
	{ numbers: [50125, 50140, 50199], words: said('visitor', 'question_left') },
	{ numbers: [50132, 50133, 50173, 70000], words: said('visitor', 'sign_in_ended') },
	{ numbers: [70008, 700082, 50089], words: said('visitor', 'sign_in_lapsed') },
	{ numbers: [70043], words: said('visitor', 'sign_in_frequency') },
	{ numbers: [54005], words: said('visitor', 'sign_in_used') },
	{ numbers: [50196], words: said('nobody', 'microsoft_waits') },
	{
		numbers: [90055, 50033, 50087, 90006, 90012, 90024, 90033, 90090, 40010, 70012, 80005],
		words: said('nobody', 'microsoft_busy'),
	},
];
