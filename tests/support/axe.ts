// Axe, asked in the page itself. Its way for pages with frames opens another page for each question, and takes three times
// as long; ours have no frame.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export type AxeResults = Awaited<ReturnType<AxeBuilder['analyze']>>;

export async function analyze(
	page: Page,
	only: { tags?: string[]; rules?: string[] } = {},
): Promise<AxeResults> {
	expect(page.frames(), 'axe would not look into a frame').toHaveLength(1);
	const axe = new AxeBuilder({ page }).setLegacyMode();
	if (only.tags) axe.withTags(only.tags);
	if (only.rules) axe.withRules(only.rules);
	return axe.analyze();
}
