import { GantryError } from '../../../base/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** A key tells which node it is, so no other one may have it. @throws JOIN_KEY_TAKEN */
export function requireNewKey(config: ConfigSnapshot, fingerprint: string, name: string): void {
  for (const node of config.nodes.values()) {
    if (node.certificate_fingerprint === fingerprint && node.name.toLowerCase() !== name.toLowerCase())
      throw new GantryError('JOIN_KEY_TAKEN', { name, other: node.name });
  }
}
