// What Microsoft's AADSTS numbers say, for each way on which they arrive: redirect, code, refresh. The number decides
// whose fault an answer is, as Microsoft sends the same OAuth error for our own secret and for one organisation's lapsed
// subscription. Their words are in problems/aadsts/. Meanings: learn.microsoft.com, "reference-error-codes".

export type AadstsMeaning =
	/** Our own secret, certificate or clock: no request to Microsoft can succeed. */
	| 'own_credential'
	/** Microsoft asks to wait. */
	| 'throttled'
	/** A fault of Microsoft's that passes by itself. */
	| 'transient'
	/** Our registration or our request is at fault, though Microsoft knows who we are. */
	| 'registration'
	/** The state of one organisation. Its administrator can mend it; nobody has to sign in for that. */
	| 'organisation'
	/** The code or the token is not accepted: a person has to sign in, or a rule for sign-ins has to change. */
	| 'sign_in';

const NUMBERS: Readonly<Record<AadstsMeaning, readonly number[]>> = {
	own_credential: [
		...[7000215, 7000222, 7000218, 700025, 700027, 700021, 700024, 700030, 50012, 50027, 70002],
	],
	throttled: [50196, 90055],
	transient: [50033, 50087, 90006, 90012, 90024, 90033, 90090, 40010, 70012, 80005],
	registration: [
		...[700016, 700011, 650056, 65005, 650057, 650054, 70011, 28002, 28003, 700022, 700023],
		...[9002332, 9001023, 90130, 9002331, 50194, 90038, 900382, 900432, 50011, 500112, 900971],
		...[70004, 9002325, 9002326, 9002327, 700054, 70005, 70007, 90015, 90014, 900144, 9002313],
		...[90005],
	],
	organisation: [
		...[7000229, 650051, 650052, 500011, 500014, 7000112, 70001, 1000031],
		...[500212, 500213, 500021, 500022],
	],
	sign_in: [
		// Permission, which is given at the next sign-in.
		...[65004, 65001, 90094, 90095, 90008, 50105],
		// The account.
		...[50020, 16000, 90072, 50034, 51004, 500208, 50126, 50053, 50055, 50144, 50056, 50057],
		...[50059, 50128, 90019, 90002, 900023],
		// The sign-in itself.
		...[50058, 50072, 50079, 50074, 50076, 50078, 500121, 50158, 50125, 50140, 50199, 50132],
		...[50133, 50173, 70000, 70008, 700082, 50089, 70043, 54005, 700084, 501481, 50147, 501491],
		...[700005, 700003],
		// Rules about devices, places and risks.
		...[50097, 50129, 53000, 53001, 530002, 530003, 50131, 53002, 53003, 53005, 53006, 53007],
		...[53008, 53009, 530032, 530035, 53004, 53010, 53011],
	],
};

const MEANINGS: ReadonlyMap<number, AadstsMeaning> = new Map(
	Object.entries(NUMBERS).flatMap(([meaning, numbers]) =>
		numbers.map((number) => [number, parseMeaning(meaning)] as const),
	),
);

/** `Object.entries` forgets the type of the keys. */
function parseMeaning(key: string): AadstsMeaning {
	return key as AadstsMeaning;
}

/** Undefined for a number that is not listed. */
export function meaningOfAadsts(number: number | undefined): AadstsMeaning | undefined {
	return number === undefined ? undefined : MEANINGS.get(number);
}

/** The number of a reference such as `AADSTS65004`. */
export function numberOfReference(referenceCode: string | undefined): number | undefined {
	const digits = /^AADSTS([1-9][0-9]{3,7})$/.exec(referenceCode ?? '')?.[1];
	return digits === undefined ? undefined : Number(digits);
}

/** A number of Microsoft's that is not in the table above. */
export function isUnlisted(referenceCode: string | undefined): boolean {
	const number = numberOfReference(referenceCode);
	return number !== undefined && !MEANINGS.has(number);
}

export function listedNumbers(): { number: number; meaning: AadstsMeaning }[] {
	return [...MEANINGS].map(([number, meaning]) => ({ number, meaning }));
}
