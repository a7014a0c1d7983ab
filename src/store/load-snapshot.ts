import type { ConfigSnapshot } from './config.ts';
import { ConfigState } from './config-state.ts';
import type { Entry } from './store.ts';

/**
 * The configuration in the entries below `/config/`, of one revision.
 * @throws CLUSTER_MISSING, STORE_OBJECT_CORRUPT, STORE_VERSION_NEWER, STORE_MIGRATING, STORE_IMPORTING
 */
export const loadSnapshot = (entries: readonly Entry[], revision: number): ConfigSnapshot => ConfigState.load(entries, revision);
