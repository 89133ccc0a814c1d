import type { Priority } from '../api/types';

/** Every priority, the most urgent first. */
export const PRIORITIES: readonly Priority[] = ['p0', 'p1', 'p2', 'p3'];
