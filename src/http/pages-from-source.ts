// The pages as `npm run dev` serves them: by Vite's development server. Nothing that is built imports this.

import type { Server } from 'node:http';
import { createServer as createViteServer } from 'vite';
import { PROJECT_FOLDER } from '../lib/server/folders.ts';
import type { Pages } from './web-server.ts';

export async function pagesFromSource(server: Server): Promise<Pages> {
	const vite = await createViteServer({
		root: PROJECT_FOLDER,
		appType: 'custom',
		server: { middlewareMode: true, hmr: { server } },
	});
	return {
		pages: (request, response) => vite.middlewares(request, response),
		close: () => vite.close(),
	};
}
