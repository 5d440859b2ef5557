// The ESLint rule that holds everybody under src to the table of import directions, in each form in which one
// file can name another: import, export … from, import(), and the types' import('…').

import { relative, sep } from 'node:path';
import { importFault } from './import-directions.js';
import { projectFolder } from './run-tool.js';

/** @type {import('eslint').Rule.RuleModule} */
export const importDirectionsRule = {
	create(context) {
		const file = relative(projectFolder, context.filename).split(sep).join('/');
		/** @param {unknown} node */
		const check = (node) => {
			const { source, importKind, exportKind, type } = /** @type {ImportingNode} */ (node);
			if (typeof source?.value !== 'string') return;
			const isType = type === 'TSImportType' || (importKind ?? exportKind) === 'type';
			const fault = importFault(file, source.value, isType ? 'type' : 'value');
			if (!fault) return;
			context.report({
				loc: source.loc,
				message: `${fault} (who may import whom: scripts/import-directions.js).`,
			});
		};
		return {
			ImportDeclaration: check,
			ExportNamedDeclaration: check,
			ExportAllDeclaration: check,
			ImportExpression: check,
			TSImportType: check,
		};
	},
};

/**
 * @typedef {object} ImportingNode what the five kinds of node have in common
 * @property {string} type
 * @property {{ value: unknown, loc: import('eslint').AST.SourceLocation } | null} [source]
 * @property {'type' | 'value'} [importKind]
 * @property {'type' | 'value'} [exportKind]
 */
