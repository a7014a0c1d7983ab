import { GantryError } from '../../../base/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** The lowest console port that nobody has. @throws PORTS_EXHAUSTED */
export function pickPort(config: ConfigSnapshot): number {
  const [first, last] = config.cluster.port_range;
  for (let port = first; port <= last; port++) {
    if (config.claim('port', String(port)) === undefined) return port;
  }
  throw new GantryError('PORTS_EXHAUSTED', { first, last });
}
