import type { MonitorAccess } from './monitor-access.ts';

/**
 * Why an agent gave nothing, and what helps: how agents and programs are set up to trust each other is what goes wrong most.
 * @param failure the status of its answer, or why there was none
 */
export function explainFailure(failure: number | Error, { trusted, client, token }: MonitorAccess): string {
  if (failure === 401 || failure === 403) return refused(client !== undefined, token !== undefined);
  if (typeof failure === 'number') return `status ${failure}`;
  const { code, message } = failure as NodeJS.ErrnoException;
  // What a server of TLS does when it is spoken to in clear text, and the other way round.
  const hungUp = code === 'ECONNRESET' || code?.startsWith('HPE_');
  if (!trusted && hungUp)
    return `${message}; if it serves TLS, as the agents of a Gantry cluster do, specify --mond-certificates or --mond-ca`;
  if (trusted && /wrong.version.number|packet.length/i.test(message)) {
    return 'it does not serve TLS; start it with certificates, or remove --mond-certificates and --mond-ca';
  }
  return message;
}

function refused(client: boolean, token: boolean): string {
  if (client || token)
    return `it does not accept ${[client ? 'the certificate' : '', token ? 'the token' : ''].filter(Boolean).join(' or ')}`;
  return 'it requires a token (--mond-token) or a certificate of the cluster (--mond-certificates)';
}
