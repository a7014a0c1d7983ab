import { type Cluster, type Instance, isSealed } from '../../../model/index.ts';
import type { SecretParameters } from '../../../rpc/index.ts';
import type { ConfigSnapshot, SecretBox } from '../../../store/index.ts';
import type { LiveState } from '../../live-state.ts';

export type Osparams = Readonly<Record<string, string>>;

/** What a node needs of the parameters of an OS: what may be seen, and what may not. */
export interface OpenedOsparams {
  readonly osparams: Record<string, string>;
  readonly secret_osparams: Record<string, string>;
}

export const osName = (os: string): string => os.split('+', 1)[0] ?? '';

/** The parameters that an OS declares secret on any node; undefined when no node has told of this OS yet. */
export function declaredSecrets(config: ConfigSnapshot, live: Pick<LiveState, 'node'>, os: string): SecretParameters | undefined {
  const name = osName(os);
  const declared = [...config.nodes.values()].flatMap(({ uuid }) => {
    const known = live.node(uuid)?.info.secret_osparams;
    return known && Object.hasOwn(known, name) ? [known[name] as SecretParameters] : [];
  });
  return declared.length === 0 ? undefined : Object.assign({}, ...declared);
}

/** The cluster's parameters of an OS, then the instance's own, then those of this job; values may be encrypted. */
export function filledOsparams(
  cluster: Cluster,
  instance: Pick<Instance, 'os' | 'osparams' | 'osparams_private'>,
  own: Osparams = {},
): Osparams {
  const { osparams, osparams_private_cluster: hidden = {} } = cluster;
  const names = [osName(instance.os), instance.os];
  const ofCluster = names.flatMap((name) => [osparams, hidden].map((each) => (Object.hasOwn(each, name) ? each[name] : {})));
  return Object.assign({}, ...ofCluster, instance.osparams, instance.osparams_private, own);
}

/** Those that may be seen. */
export const visibleOsparams = (filled: Osparams): Record<string, string> =>
  Object.fromEntries(Object.entries(filled).filter(([, value]) => !isSealed(value)));

/** For the way to a node, and nowhere else. @throws SECRET_KEY_MISSING, SECRET_DAMAGED */
export function openOsparams(box: SecretBox, filled: Osparams): OpenedOsparams {
  const sealed = Object.entries(filled).filter(([, value]) => isSealed(value));
  return { osparams: visibleOsparams(filled), secret_osparams: Object.fromEntries(sealed.map(([name, value]) => [name, box.open(value)])) };
}
