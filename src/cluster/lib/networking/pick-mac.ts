import { GantryError, type Random } from '../../../base/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** A MAC that nobody has: the prefix and three random bytes. */
export function pickMac(config: ConfigSnapshot, prefix: string, random: Random, alsoTaken: ReadonlySet<string>): string {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const bytes = [random(), random(), random()].map((value) =>
      Math.floor(value * 256)
        .toString(16)
        .padStart(2, '0'),
    );
    const mac = [prefix, ...bytes].join(':');
    if (!alsoTaken.has(mac) && config.claim('mac', mac) === undefined) return mac;
  }
  throw new GantryError('INTERNAL', { detail: `no free MAC address was found under ${prefix}` });
}
