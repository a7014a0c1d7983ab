import { GantryError, type Json } from '../../../base/index.ts';
import { UntrustedServer } from '../connect-trusted.ts';
import { type HttpAnswer, type HttpQuestion, httpAsk } from '../http-ask.ts';
import type { RapiAccess } from './rapi-access.ts';

const defaultPort = 5080;
const patienceSeconds = 60;

export interface RapiServer {
  /**
   * @param path below the address, such as `2/info`
   * @param post what is posted; undefined: GET
   * @param headers sent with it
   * @returns the answer, and its address without credentials for errors
   * @throws HTOOLS_RAPI_UNREACHABLE, HTOOLS_RAPI_UNTRUSTED
   */
  ask(path: string, post?: Json, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer & { readonly place: string }>;
  /** DELETE; errors as `ask`. */
  remove(path: string): Promise<HttpAnswer & { readonly place: string }>;
}

/**
 * A REST server.
 * @param address name of a host, or a URL (with `user:password@` if needed)
 * @throws HTOOLS_RAPI_ADDRESS, HTOOLS_RAPI_UNTRUSTED when it must be trusted, or gets a password from a file, but is not asked over HTTPS or may be anybody
 */
export function rapiServer(address: string, { trusted, credentials }: RapiAccess): RapiServer {
  const url = rapiUrl(address);
  // What the address itself says comes first.
  const fromFile = url.username === '' ? credentials : undefined;
  const base = withCredentials(url, fromFile);
  const distrust = (detail: string) => new GantryError('HTOOLS_RAPI_UNTRUSTED', { place: withoutCredentials(base), detail });
  if ((trusted || fromFile) && base.protocol !== 'https:') throw distrust('the address does not use HTTPS');
  if (fromFile && !trusted) throw distrust('a password from a file is sent only to a server that --rapi-ca confirms');
  const asked = async (path: string, what: Pick<HttpQuestion, 'post' | 'headers' | 'remove'>) => {
    const target = new URL(path, base);
    const place = withoutCredentials(target);
    const answer = await httpAsk(target, { seconds: patienceSeconds, trusted, role: 'server', ...what }).catch((cause: Error) => {
      const code = cause instanceof UntrustedServer ? 'HTOOLS_RAPI_UNTRUSTED' : 'HTOOLS_RAPI_UNREACHABLE';
      throw new GantryError(code, { place, detail: cause.message }, { cause });
    });
    return { ...answer, place };
  };
  return {
    ask: (path, post, headers) => asked(path, { post, headers }),
    remove: (path) => asked(path, { remove: true }),
  };
}

/** A name without a colon is a host with the usual port; everything else is a URL. */
function rapiUrl(cluster: string): URL {
  const named = cluster.includes(':') ? cluster : `https://${cluster}:${defaultPort}`;
  const text = named.includes('://') ? named : `http://${named}`;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new GantryError('HTOOLS_RAPI_ADDRESS', { address: cluster });
  const url = new URL(text);
  return new URL(`${url.href.replace(/\/*$/, '')}/`);
}

function withCredentials(url: URL, credentials: RapiAccess['credentials']): URL {
  if (credentials === undefined) return url;
  const full = new URL(url);
  full.username = encodeURIComponent(credentials.user);
  full.password = encodeURIComponent(credentials.password);
  return full;
}

function withoutCredentials(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
