import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../src/base/index.ts';
import { createFakeHypervisor } from '../../src/node/hypervisor/fake-hypervisor.ts';
import type { FakeMachine } from '../../src/node/hypervisor/fake-machines.ts';
import type { FakeWire } from '../../src/node/hypervisor/fake-migration.ts';
import { type AgentParts, agentPaths, startAgent } from '../../src/node/index.ts';
import { createFakeNetwork } from '../../src/node/network/fake-network.ts';
import type { NetworkPort } from '../../src/node/network/network-port.ts';
import type { OsPort } from '../../src/node/os-port.ts';
import { diskTemplatesOf } from '../../src/node/storage/disk-templates.ts';
import { createDisklessTemplate } from '../../src/node/storage/diskless-template.ts';
import { createFakeTemplate, type FakeDisk } from '../../src/node/storage/fake-template.ts';
import { type Authority, createAuthority, createCertificate, createRevocationList } from '../../src/rpc/index.ts';

/** Decides before a method of a fake adapter whether it fails (by throwing). */
export type Trouble = (node: string, method: string) => void;

export interface FakeNode {
  readonly name: string;
  readonly port: number;
  readonly fingerprint: string;
  readonly machines: Map<string, FakeMachine>;
  readonly network: NetworkPort;
}

/** Real node agents on loopback, with mutual TLS, over fake machines and disks that live in this process. */
export interface FakeNodes {
  readonly nodes: readonly FakeNode[];
  readonly authority: Authority;
  /** Of the shared disk template, by UUID. */
  readonly disks: Map<string, FakeDisk>;
  trouble: Trouble;
  close(): Promise<void>;
}

/** @param replaced parts of the agents that shall not be the fakes of this file */
export async function startFakeNodes(dir: string, count: number, replaced: Pick<AgentParts, 'os' | 'log'> = {}): Promise<FakeNodes> {
  const authority = await createAuthority('crash');
  const crl = await createRevocationList(authority, []);
  const disks = new Map<string, FakeDisk>();
  const wire: FakeWire = new Map();
  const world: { trouble: Trouble } = { trouble: () => undefined };
  const started = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `node${index + 1}`;
      const { key, certificate, fingerprint } = await createCertificate(authority, { role: 'node', name, addresses: ['127.0.0.1'] });
      const config = {
        name,
        listen: { host: '127.0.0.1', port: 0 },
        stateDir: join(dir, name),
        runDir: join(dir, name, 'run'),
        logDir: join(dir, name, 'log'),
        fileStorageDir: join(dir, name),
        sharedFileStorageDir: join(dir, name),
        osSearchPath: [],
        uidBase: 0,
      };
      await mkdir(config.stateDir, { recursive: true });
      const paths = agentPaths(config);
      await Promise.all([
        writeFile(paths.key, key, { mode: 0o600 }),
        writeFile(paths.certificate, certificate),
        writeFile(paths.ca, authority.certificate),
        writeFile(paths.crl, crl),
      ]);
      const machines = new Map<string, FakeMachine>();
      const network = createFakeNetwork();
      const before = (method: string) => {
        world.trouble(name, method);
        return 0;
      };
      const agent = await startAgent(config, {
        log: silentLog,
        hypervisors: [createFakeHypervisor({ machines, wire, before })],
        diskTemplates: diskTemplatesOf([createDisklessTemplate(), createFakeTemplate({ name: 'sharedfile', disks, before })]),
        network,
        os: fakeOs(before),
        ...replaced,
      });
      return { node: { name, port: agent.port, fingerprint, machines, network }, agent };
    }),
  );
  return {
    nodes: started.map(({ node }) => node),
    authority,
    disks,
    get trouble() {
      return world.trouble;
    },
    set trouble(trouble: Trouble) {
      world.trouble = trouble;
    },
    close: async () => {
      await Promise.all(started.map(({ agent }) => agent.close()));
    },
  };
}

function fakeOs(before: (method: string) => number): OsPort {
  return {
    list: async () => [],
    verifyParams: async () => undefined,
    async install() {
      before('install');
      return { log: '' };
    },
  };
}
