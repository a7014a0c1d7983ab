import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { GantryError } from '../base/index.ts';
import { openEtcdStore } from './etcd-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { EtcdOptions, Store } from './store.ts';

/**
 * Opens the store that a URL names: `sqlite:/path/file.db` or `etcd://host:port[,host:port]/prefix?ca=FILE&cert=FILE&key=FILE`.
 * @param options `asIs`: accept an SQLite file although acknowledged changes are missing
 * @throws STORE_URL_INVALID and what the adapter throws
 */
export async function openStore(url: string, { asIs = false }: { readonly asIs?: boolean } = {}): Promise<Store> {
  const parsed = parseStoreUrl(url);
  return parsed.type === 'sqlite' ? openSqliteStore(parsed.path, { asIs }) : openEtcdStore(parsed.options);
}

export type StoreAddress = { readonly type: 'sqlite'; readonly path: string } | { readonly type: 'etcd'; readonly options: EtcdOptions };

/** @throws STORE_URL_INVALID */
export function parseStoreUrl(url: string): StoreAddress {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'sqlite') {
    if (!isAbsolute(rest) || rest.startsWith('//'))
      throw invalid(url, 'the path of the file must be absolute, e.g. sqlite:/var/lib/gantry/store.db');
    return { type: 'sqlite', path: rest };
  }
  if (scheme === 'etcd') return { type: 'etcd', options: parseEtcd(url, rest) };
  throw invalid(url, scheme ? `there is no store of the kind "${scheme}"` : 'it does not begin with "sqlite:" or "etcd:"');
}

function parseEtcd(url: string, rest: string): EtcdOptions {
  const [, authority = '', path = '', query = ''] = /^\/\/([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(rest) ?? [];
  const hosts = authority.split(',');
  const settings = new URLSearchParams(query);
  for (const name of settings.keys()) if (!['ca', 'cert', 'key'].includes(name)) throw invalid(url, `the setting "${name}" is not known`);
  const { ca, cert, key } = Object.fromEntries(settings) as Partial<Record<'ca' | 'cert' | 'key', string>>;
  for (const host of hosts) checkHost(url, host);
  if ((cert === undefined) !== (key === undefined)) throw invalid(url, '"cert" and "key" belong together');
  if (cert !== undefined && ca === undefined) throw invalid(url, '"cert" needs "ca", which says whom to trust');
  const prefix = path.replace(/\/+$/, '') || '/gantry';
  if (ca === undefined) return { hosts, prefix };
  return { hosts, prefix, tls: { ca, ...(cert !== undefined && key !== undefined && { cert, key }) } };
}

function checkHost(url: string, host: string): void {
  const [, name = '', port = ''] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(host) ?? [];
  if (name === '' || Number(port) < 1 || Number(port) > 65535) throw invalid(url, `"${host}" is not host:port`);
  if (isIP(name.replace(/^\[|\]$/g, ''))) throw invalid(url, `"${host}" is an address; name the server by its host name`);
}

function invalid(url: string, problem: string): GantryError {
  return new GantryError('STORE_URL_INVALID', { url, problem });
}
