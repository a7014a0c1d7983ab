import type { Config } from '../../store/index.ts';
import { type PlainObjects, plainConfig } from './plain-config.ts';
import { PlainDraft } from './plain-draft.ts';

/** A configuration in memory that takes changes as they come. */
export function changingConfig(objects: PlainObjects): Config & { replace(objects: PlainObjects): void; readonly changes: number } {
  let current = plainConfig(objects);
  let claims = objects.claims ?? {};
  let changes = 0;
  return {
    get current() {
      return current;
    },
    get changes() {
      return changes;
    },
    replace(next) {
      current = plainConfig(next);
    },
    async transact(change, rider) {
      const draft = new PlainDraft(current, claims, new Set());
      const result = change(draft);
      rider?.(result);
      ({ config: current, claims } = draft.end());
      changes++;
      return { result, revision: current.revision };
    },
    rehearse: (change) => change(new PlainDraft(current, claims, new Set())),
    reached: async () => undefined,
    moved: async () => undefined,
    close: async () => undefined,
  };
}
