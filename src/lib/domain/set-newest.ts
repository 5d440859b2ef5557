// A map that stays small: what nobody has set for longest is forgotten.

/** Sets it as the newest; beyond `max` the oldest goes. */
export function setNewest<Key, Value>(
	map: Map<Key, Value>,
	key: Key,
	value: Value,
	max: number,
): void {
	map.delete(key);
	map.set(key, value);
	if (map.size <= max) return;
	for (const oldest of map.keys()) {
		map.delete(oldest);
		return;
	}
}
