// What of the lock file is not installed, told from npm's own record of what it installed
// (node_modules/.package-lock.json, "hidden lock file"), so that anybody's `npm ci` or `npm install`
// counts and nothing is installed twice. npm writes that record last, when all else succeeded.

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional] wanted by tools and by optional packages
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @typedef {{ packages: Record<string, LockedPackage> }} LockFile */
/** @typedef {'dependencies' | 'devDependencies'} Needs what must be there: to run, or to develop as well */
/** @typedef {{ platform: string, arch: string }} Machine */

/**
 * @param {LockFile} lock
 * @param {LockFile} record
 * @param {Needs} needs
 * @param {Machine} machine
 * @returns {string[]} paths of packages that are missing, of another version, or not in the lock file
 */
export function unmetPackages(lock, record, needs, machine) {
	const unmet = Object.keys(lock.packages).filter((path) => {
		const wanted = lock.packages[path] ?? {};
		const there = record.packages[path];
		// The entry without a path is the project itself, which the record leaves out.
		if (path === '') return false;
		if (!there) return isNeeded(wanted, needs, machine);
		return there.version !== wanted.version || there.integrity !== wanted.integrity;
	});
	// A package that only the record knows could be found in place of the locked one.
	const unlocked = Object.keys(record.packages).filter((path) => !(path in lock.packages));
	return [...unmet, ...unlocked];
}

/**
 * An optional package is needed only where it says that it is for this machine: the others (another
 * system's binary, and what is below it) npm leaves out, and of the two C libraries' ones it
 * installs the right one, which is not worth finding out here.
 *
 * @param {LockedPackage} wanted @param {Needs} needs @param {Machine} machine
 */
function isNeeded(wanted, needs, machine) {
	if ((wanted.dev || wanted.devOptional) && needs === 'dependencies') return false;
	if (!wanted.optional) return true;
	if (wanted.libc || !(wanted.os ?? wanted.cpu)) return false;
	const isForSystem = wanted.os?.includes(machine.platform) ?? true;
	return isForSystem && (wanted.cpu?.includes(machine.arch) ?? true);
}
