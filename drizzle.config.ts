import { defineConfig } from 'drizzle-kit';

export default defineConfig({
	dialect: 'postgresql',
	schema: [
		'./src/lib/server/database/schema/tables.ts',
		'./src/lib/server/database/schema/events.ts',
		'./src/lib/server/database/schema/keys.ts',
		'./src/lib/server/database/schema/watch.ts',
		'./src/lib/server/database/schema/visits.ts',
		'./src/lib/server/database/schema/connect-links.ts',
	],
	out: './drizzle',
});
