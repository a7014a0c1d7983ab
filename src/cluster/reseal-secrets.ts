import type { Log } from '../base/index.ts';
import { isSealed } from '../model/index.ts';
import type { Config, ConfigDraft, Leadership, SecretBox } from '../store/index.ts';
import { declaredSecrets, osName } from './lib/instances/osparams.ts';
import type { LiveState } from './live-state.ts';

type Values = Readonly<Record<string, string>>;
type ByOs = Readonly<Record<string, Values>>;

export interface ResealParts {
  readonly config: Config;
  readonly leadership: Pick<Leadership, 'rider'>;
  readonly live: Pick<LiveState, 'node'>;
  readonly secrets: SecretBox;
  readonly log: Log;
  /** Ends it after the object under way; the next start goes on. */
  readonly signal?: AbortSignal;
}

interface Parts extends ResealParts {
  readonly declared: (os: string) => ReturnType<typeof declaredSecrets>;
}

/**
 * Brings what is stored up to date: values of older keys are encrypted with the newest one, and parameters that their OS
 * has declared secret since they were stored are encrypted. @returns how many objects were changed
 */
export async function resealSecrets(given: ResealParts): Promise<number> {
  const { config, leadership, log, secrets } = given;
  const parts: Parts = { ...given, declared: onceForEachOs(given) };
  let changed = 0;
  const commit = async (change: (draft: ConfigDraft) => void) => {
    await config.transact(change, () => leadership.rider());
    changed++;
  };
  const { cluster, instances } = config.current;
  const kept = cluster.osparams_private_cluster ?? {};
  if (Object.keys({ ...cluster.osparams, ...kept }).some((os) => isOld(parts, os, cluster.osparams[os] ?? {}, kept[os]))) {
    await commit((draft) =>
      draft.update('cluster', cluster.uuid, (old) => {
        const oses = Object.keys({ ...old.osparams, ...old.osparams_private_cluster });
        const fresh = oses.map((os) => [os, renewed(parts, os, old.osparams[os] ?? {}, old.osparams_private_cluster?.[os])] as const);
        const pick = (kind: 'open' | 'hidden'): ByOs => Object.fromEntries(fresh.map(([os, both]) => [os, both[kind]]));
        return { ...old, osparams: pick('open'), osparams_private_cluster: pick('hidden') };
      }),
    );
  }
  for (const { uuid, os, osparams, osparams_private } of instances.values()) {
    if (given.signal?.aborted) break;
    if (!isOld(parts, os, osparams, osparams_private)) continue;
    await commit((draft) => {
      if (!draft.get('instance', uuid)) return;
      draft.update('instance', uuid, (old) => {
        const { open, hidden } = renewed(parts, old.os, old.osparams, old.osparams_private);
        return { ...old, osparams: open, osparams_private: hidden };
      });
    });
  }
  if (changed > 0) log.info({ objects: changed, key: secrets.current }, 'stored secrets are encrypted with the newest key');
  return changed;
}

const isSecret = ({ declared }: Parts, os: string, name: string): boolean => Object.hasOwn(declared(osName(os)) ?? {}, name);

/** Every node is asked once for each OS, not once for each parameter of each instance. */
function onceForEachOs({ config, live }: ResealParts): Parts['declared'] {
  const known = new Map<string, ReturnType<typeof declaredSecrets>>();
  return (os) => {
    if (!known.has(os)) known.set(os, declaredSecrets(config.current, live, os));
    return known.get(os);
  };
}

function isOld(parts: Parts, os: string, open: Values, hidden: Values = {}): boolean {
  const old = (value: string) => isSealed(value) && !parts.secrets.isCurrent(value);
  const lateSecret = Object.entries(open).some(([name, value]) => old(value) || (!isSealed(value) && isSecret(parts, os, name)));
  return lateSecret || Object.values(hidden).some(old);
}

/** Every secret among the hidden ones, encrypted with the newest key. */
function renewed(
  parts: Parts,
  os: string,
  open: Values,
  hidden: Values = {},
): { open: Record<string, string>; hidden: Record<string, string> } {
  const { secrets } = parts;
  const stays = ([name, value]: [string, string]) => !isSealed(value) && !isSecret(parts, os, name);
  const all = Object.entries({ ...Object.fromEntries(Object.entries(open).filter((entry) => !stays(entry))), ...hidden });
  return {
    open: Object.fromEntries(Object.entries(open).filter(stays)),
    hidden: Object.fromEntries(all.map(([name, value]) => [name, secrets.isCurrent(value) ? value : secrets.seal(secrets.open(value))])),
  };
}
