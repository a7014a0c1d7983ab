import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Authorizer, openAuthenticator, usersFileOnly } from '../../access/index.ts';
import { silentLog, systemClock } from '../../base/index.ts';
import { lead, type MasterServices } from '../../cluster/index.ts';
import { createConfig, openStore } from '../../store/index.ts';
import type { ApiOptions, ApiServer } from '../api-options.ts';
import { createApi } from '../create-api.ts';
import { capturedCluster } from './captured-cluster.ts';
import { type FakeNodes, fakeNodes } from './fake-nodes.ts';
import { type HttpsClient, httpsClient } from './https-client.ts';
import { writeTestCertificate } from './test-certificate.ts';

export interface ApiRig {
  readonly folder: string;
  readonly services: MasterServices;
  readonly nodes: FakeNodes;
  readonly api: ApiServer;
  readonly address: { readonly host: string; readonly port: number };
  readonly client: HttpsClient;
  /** The certificate that clients trust. */
  readonly ca: string;
  close(): Promise<void>;
}

export interface RigOptions extends Partial<ApiOptions & MasterServices> {
  /** Decides in the whole master; default: by the options of the users file. */
  readonly authorizer?: Authorizer;
}

/** Name and password of the users of the rig. */
export const writer = 'admin:secret';
export const reader = 'reader:look';
export const plain = 'plain:word';

const usersFile = 'admin secret write\nreader look read\nplain word\n';

/**
 * A whole master on a store of its own, with the cluster of the captures, and the REST server in front of it on
 * loopback. Only the nodes are not real.
 */
export async function startApiRig(options: RigOptions = {}): Promise<ApiRig> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-api-'));
  const log = silentLog;
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  await createConfig(store, capturedCluster());
  const nodes = fakeNodes();
  const stop = new AbortController();
  const leading = await lead({
    store,
    name: 'node1',
    clock: systemClock,
    log,
    connect: () => nodes,
    authority: {
      // The text of a request stands for its key.
      signNode: async (csr) => ({
        certificate: 'signed',
        fingerprint: createHash('sha256').update(csr).digest('hex'),
        serial: 'f',
        expires: 4e9,
      }),
      ca: 'the CA',
      revocationList: async () => 'the list',
      useRevocationList: async () => undefined,
      encodeToken: ({ id, secret }) => `${id}.${secret}`,
    },
    signal: stop.signal,
    ...(options.authorizer && { authorizer: options.authorizer }),
  });
  await leading.start();
  const users = join(folder, 'users');
  await writeFile(users, usersFile);
  const tls = await writeTestCertificate(folder);
  const authenticator = await openAuthenticator(usersFileOnly(users), { log, clock: systemClock });
  const api = await createApi({ ...leading.services, tls, authenticator, openConsole: async () => new PassThrough(), ...options });
  const address = await api.listen({ host: '127.0.0.1', port: 0 });
  const client = httpsClient(address, tls.pem);
  return {
    folder,
    services: leading.services,
    nodes,
    api,
    address,
    client,
    ca: tls.pem,
    async close() {
      client.close();
      await api.close();
      await leading.close();
      stop.abort();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
