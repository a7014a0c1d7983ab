import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, writeFileAtomic } from '../../base/index.ts';
import {
  type Authority,
  createAuthority,
  createCertificate,
  createNodeClient,
  createRevocationList,
  type NodeClient,
  type NodeClientOptions,
  type SignedCertificate,
} from '../../rpc/index.ts';
import { type AgentConfig, agentPaths } from '../agent-config.ts';
import { createFakeHypervisor } from '../hypervisor/fake-hypervisor.ts';
import { createFakeNetwork } from '../network/fake-network.ts';
import { type Agent, type AgentParts, startAgent } from '../start-agent.ts';
import { diskTemplatesOf } from '../storage/disk-templates.ts';
import { createFakeTemplate } from '../storage/fake-template.ts';

/** For tests: a CA, a folder, and a node with real certificates whose agent has fake adapters. */
export class TestCluster {
  readonly directory: string;
  readonly authority: Authority;
  readonly config: AgentConfig;
  readonly #node: SignedCertificate;
  readonly #closers: (() => Promise<void>)[] = [];
  /** The fakes; they survive restarts of the agent. */
  readonly parts: Required<Pick<AgentParts, 'hypervisors' | 'diskTemplates' | 'network' | 'os' | 'log'>> = {
    log: silentLog,
    hypervisors: [createFakeHypervisor()],
    diskTemplates: diskTemplatesOf([createFakeTemplate({ name: 'sharedfile' })]),
    network: createFakeNetwork(),
    os: { list: async () => [], verifyParams: async () => {}, install: async () => ({ log: '' }) },
  };

  private constructor(directory: string, authority: Authority, config: AgentConfig, node: SignedCertificate) {
    this.directory = directory;
    this.authority = authority;
    this.config = config;
    this.#node = node;
  }

  static async create(): Promise<TestCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'gantry-agent-'));
    const authority = await createAuthority('test');
    const inside = (name: string) => join(directory, name);
    const config: AgentConfig = {
      name: 'n1',
      listen: { host: '127.0.0.1', port: 0 },
      stateDir: directory,
      runDir: inside('run'),
      logDir: inside('log'),
      fileStorageDir: inside('file'),
      sharedFileStorageDir: inside('shared'),
      osSearchPath: [],
      uidBase: 200_000,
    };
    const node = await createCertificate(authority, { role: 'node', name: 'n1', addresses: ['127.0.0.1'] });
    const cluster = new TestCluster(directory, authority, config, node);
    const paths = agentPaths(config);
    await writeFileAtomic(paths.key, node.key, 0o600);
    await writeFileAtomic(paths.certificate, node.certificate, 0o600);
    await writeFileAtomic(paths.ca, authority.certificate, 0o600);
    await writeFileAtomic(paths.crl, await createRevocationList(authority, []), 0o600);
    return cluster;
  }

  /** Of the node's key. */
  get fingerprint(): string {
    return this.#node.fingerprint;
  }

  async startAgent(parts: AgentParts = {}): Promise<Agent> {
    const agent = await startAgent(this.config, { ...this.parts, ...parts });
    this.#closers.push(() => agent.close());
    return agent;
  }

  /** A master that calls the agent at `agent()`, whichever it is by then. */
  async client(agent: () => Agent, term = 1, options: Partial<NodeClientOptions> = {}): Promise<NodeClient> {
    const master = await createCertificate(this.authority, { role: 'master', name: 'master', addresses: [] });
    const { fingerprint } = this.#node;
    const client = createNodeClient({
      credentials: { ...master, ca: this.authority.certificate, crl: await createRevocationList(this.authority, []) },
      term,
      resolve: () => ({ name: 'n1', address: '127.0.0.1', port: agent().port, fingerprint }),
      retryDelaysMs: [20, 50, 100],
      ...options,
    });
    this.#closers.push(() => client.close());
    return client;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    await rm(this.directory, { recursive: true });
  }
}
