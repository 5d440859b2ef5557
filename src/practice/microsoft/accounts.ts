// Who can sign in at the practice Microsoft: organisations and ready accounts, one row each. Any other address
// of a known domain is taken as an account too, so that the plain case needs no preparation.

import { createHash } from 'node:crypto';
import { consentAccounts } from './consent-accounts.ts';
import { mailAccounts } from '../mail/accounts.ts';
import type { PracticeAccount } from './account.ts';
import { myCompany, otherCompany, practiceTenants } from './tenants.ts';

export type PracticeDirectory = {
	tenants: readonly { id: string; name: string; domain: string }[];
	accounts: readonly PracticeAccount[];
	domains: readonly string[];
	// By tenant id or by mail domain, as Microsoft's paths take them.
	findTenantId(tenantIdOrDomain: string): string | undefined;
	// A ready account, or any other address of a known domain.
	findAccount(username: string): PracticeAccount | undefined;
};

const plainCase = 'The plain case: signs in and grants all rights.';

export const readyAccounts: readonly PracticeAccount[] = [
	{
		username: 'equis@mycompany.com',
		name: 'Equis Example',
		tenantId: myCompany.id,
		objectId: '0c9a7f14-62b3-4d58-a1e7-93d5b8f20461',
		whatHappens: plainCase,
		outcome: { kind: 'signs_in' },
	},
	{
		username: 'pat@mycompany.com',
		name: 'Pat Example',
		tenantId: myCompany.id,
		objectId: '5e81d3b6-c47f-4926-b0d8-1a7f60e92c35',
		whatHappens: 'Someone else at My Company, with an account of their own.',
		outcome: { kind: 'signs_in' },
	},
	{
		username: 'sam@othercompany.com',
		name: 'Sam Sample',
		tenantId: otherCompany.id,
		objectId: 'd40b62f9-8e15-4c73-97a6-c8315df0ab72',
		whatHappens: 'Someone from another organisation, Other Company.',
		outcome: { kind: 'signs_in' },
	},
	...consentAccounts,
	...mailAccounts.map(({ username, ...row }) => ({
		...plainAccount(username, myCompany.id),
		...row,
	})),
];

export function createPracticeDirectory(accounts: readonly PracticeAccount[]): PracticeDirectory {
	const tenantIdByName = new Map<string, string>();
	for (const tenant of practiceTenants) {
		for (const name of [tenant.id, ...tenant.domains]) tenantIdByName.set(name, tenant.id);
	}
	for (const account of accounts) {
		tenantIdByName.set(account.tenantId, account.tenantId);
		tenantIdByName.set(domainOf(account.username), account.tenantId);
	}
	return {
		tenants: practiceTenants.map(({ id, name, domains }) => ({ id, name, domain: domains[0] })),
		accounts,
		domains: [...tenantIdByName.keys()].filter((name) => name.includes('.')),
		findTenantId: (name) => tenantIdByName.get(name.toLowerCase()),
		findAccount(username) {
			const wanted = username.toLowerCase();
			const tenantId = tenantIdByName.get(domainOf(wanted));
			return (
				accounts.find((account) => account.username === wanted) ??
				(tenantId && isAddress(wanted) ? plainAccount(wanted, tenantId) : undefined)
			);
		},
	};
}

function plainAccount(username: string, tenantId: string): PracticeAccount {
	return {
		username,
		name: username.slice(0, username.lastIndexOf('@')),
		tenantId,
		objectId: guidFrom(`${tenantId} ${username}`),
		whatHappens: plainCase,
		outcome: { kind: 'signs_in' },
	};
}

// Enough to tell an address from nonsense; the domain is looked up in the table of known ones anyway.
function isAddress(text: string): boolean {
	return /^[^\s@<>"]{1,64}@[a-z0-9.-]+$/.test(text);
}

function domainOf(username: string): string {
	return username.slice(username.lastIndexOf('@') + 1);
}

// The same address is the same Microsoft account after a restart, without any list being kept.
function guidFrom(seed: string): string {
	const hex = createHash('sha256').update(seed).digest('hex');
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`4${hex.slice(13, 16)}`,
		`8${hex.slice(17, 20)}`,
		hex.slice(20, 32),
	].join('-');
}
