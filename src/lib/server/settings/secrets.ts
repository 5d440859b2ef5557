// The variables that hold secrets, or name a file with one.

import { readFileSync } from 'node:fs';
import { commandName } from '../folders.ts';
import { parseCertificate, type ClientCredential } from '../microsoft/client-credential.ts';
import { pathForFault } from './path-for-fault.ts';
import type { Reader } from './reader.ts';
import { parseKeyRing, type KeyRing, type KeyRingFault } from '../vault/key-ring.ts';

/** The certificate counts where both are set. */
export function readCredential(
	reader: Reader,
	names: { secret: string; certificate: string },
): ClientCredential {
	const file = reader.text(names.certificate);
	const secret = reader.text(names.secret);
	if (file !== undefined) return readCertificate(reader, names.certificate, reader.path(file));
	if (secret === undefined) {
		reader.fault(
			`${names.certificate} or ${names.secret} is missing: set the path of a PEM file with private key and certificate, or a client secret.`,
		);
	}
	return { kind: 'secret', secret: secret ?? '' };
}

function readCertificate(reader: Reader, name: string, file: string): ClientCredential {
	try {
		parseCertificate(readFileSync(file, 'utf8'));
	} catch (error) {
		const reason = error instanceof Error && 'code' in error ? String(error.code) : 'not usable';
		reader.fault(
			`${name} must be the path of a PEM file with an RSA private key and its certificate (${pathForFault(file)}: ${reason}).`,
		);
	}
	return { kind: 'certificate', file };
}

export function readKeyRing(reader: Reader, name: string): KeyRing {
	const text = reader.text(name);
	const ring = text === undefined ? 'empty' : parseKeyRing(text);
	if (typeof ring !== 'string') return ring;
	reader.fault(`${name} ${KEY_RING_FAULTS[ring]}`);
	return { sealing: { id: '', key: Buffer.alloc(0) }, opening: new Map() };
}

const KEY_RING_FAULTS: Record<KeyRingFault, string> = {
	empty: `is missing: one or more keys as id:base64, such as the line that "${commandName()} keys generate" prints.`,
	not_a_pair: 'must be a list of id:base64 pairs, separated by commas.',
	key_id_invalid: 'has a key id that is not 1 to 32 letters, digits, "-" or "_".',
	key_id_twice: 'has the same key id twice.',
	key_not_256_bits: 'has a key that is not 32 bytes in base64.',
	key_twice: 'has the same key under two ids.',
	key_trivial: 'has a key that is not random.',
};
