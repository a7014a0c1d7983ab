import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openAuthenticator, usersFileOnly } from '../../src/access/index.ts';
import { createApi } from '../../src/api/index.ts';
import { writeTestCertificate } from '../../src/api/testing/test-certificate.ts';
import type { MasterServices } from '../../src/cluster/index.ts';

/** A REST server in front of a master, on loopback. */
export interface RestServer {
  readonly host: string;
  readonly port: number;
  /** File of the certificate that clients trust. */
  readonly caFile: string;
  /** The same as text. */
  readonly ca: string;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/** @param moreUsers further lines of the users file */
export async function startRestServer(services: MasterServices, moreUsers = ''): Promise<RestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-rest-'));
  const users = join(folder, 'users');
  const caFile = join(folder, 'ca.pem');
  await writeFile(users, `admin secret write\n${moreUsers}`);
  const tls = await writeTestCertificate(folder);
  await writeFile(caFile, tls.pem);
  const authenticator = await openAuthenticator(usersFileOnly(users), services);
  const api = await createApi({ ...services, tls, authenticator, openConsole: async () => new PassThrough() });
  const { host, port } = await api.listen({ host: '127.0.0.1', port: 0 });
  return {
    host,
    port,
    caFile,
    ca: tls.pem,
    user: 'admin',
    password: 'secret',
    close: async () => {
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
