// The organisations at the practice Microsoft.

export type PracticeTenant = {
	id: string;
	name: string;
	domains: readonly [string, ...string[]];
};

export const myCompany: PracticeTenant = {
	id: '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10',
	name: 'My Company',
	domains: ['mycompany.com'],
};

export const otherCompany: PracticeTenant = {
	id: 'b27d94e8-51c6-4f0b-8e2d-7a90c4f3156e',
	name: 'Other Company',
	domains: ['othercompany.com'],
};

export const practiceTenants: readonly PracticeTenant[] = [myCompany, otherCompany];

// Domains whose tenants live in another cloud: Microsoft's metadata says so, and nobody of them can sign in here.
const elsewhere: ReadonlyMap<string, { instance: string; subScope: string | null }> = new Map([
	['govcompany.com', { instance: 'microsoftonline.us', subScope: 'DODCON' }],
	['defencecompany.com', { instance: 'microsoftonline.us', subScope: 'DOD' }],
	['chinacompany.com', { instance: 'partner.microsoftonline.cn', subScope: null }],
]);

export function cloudElsewhere(domain: string) {
	return elsewhere.get(domain.toLowerCase());
}
