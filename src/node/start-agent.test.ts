import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ConsolePlaces } from '../rpc/index.ts';
import { createAuthority, createRevocationList, signNode } from '../rpc/index.ts';
import { agentPaths } from './agent-config.ts';
import { createFakeHypervisor } from './hypervisor/fake-hypervisor.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { startAgent } from './start-agent.ts';
import { consolesAt } from './testing/consoles-at.ts';
import { testDisk, testInstance } from './testing/instance-spec.ts';
import { TestCluster } from './testing/test-cluster.ts';
import { withCode } from './testing/with-code.ts';

const node = 'uuid-of-n1';
const instance = testInstance();
const owner = { uuid: instance.uuid, name: instance.name };
const ref = { ...owner, hypervisor: instance.hypervisor };
const [disk = testDisk('none')] = instance.disks;

describe('node agent', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.create();
  });
  afterEach(() => cluster.close());

  it('tells what this host is', async () => {
    const agent = await cluster.startAgent();
    const client = await cluster.client(() => agent);
    const info = await client.call(node, 'node-info', {});
    const meminfo = await readFile('/proc/meminfo', 'utf8');
    assert.equal(info.memory_total, Math.floor(Number(/MemTotal:\s+(\d+)/.exec(meminfo)?.[1]) / 1024));
    assert.equal(info.name, 'n1');
    assert.ok(info.memory_free > 0 && info.memory_free <= info.memory_total);
    assert.ok(info.cpu_total >= 1 && info.cpu_sockets >= 1 && info.cpu_nodes >= 1);
    assert.equal(info.disk_total, 1_048_576);
    const { validToDate } = new X509Certificate(await readFile(agentPaths(cluster.config).certificate));
    assert.equal(info.certificate_expires, validToDate.getTime() / 1000);
    assert.deepEqual(info.hypervisors, { fake: { version: '1', accelerator: null, problem: null } });
    assert.equal(info.boot_id, (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim());
  });

  it('finds what is wrong with the node', async () => {
    const network = { ...cluster.parts.network, bridgeExists: async (name: string) => name === 'br0' };
    const agent = await cluster.startAgent({ network });
    const client = await cluster.client(() => agent);
    const file = join(cluster.directory, 'a-file');
    await writeFile(file, '');
    await chmod(file, 0o600);
    const [listed, written] = [join(cluster.directory, 'listed'), join(cluster.directory, 'written')];
    for (const [folder, mode] of [
      [listed, 0o755],
      [written, 0o722],
    ] as const) {
      await mkdir(folder);
      await chmod(folder, mode);
    }
    const { problems } = await client.call(node, 'node-verify', {
      bridges: ['br0', 'br9'],
      hypervisors: ['fake', 'lxc'],
      storage_dirs: [cluster.directory, join(cluster.directory, 'nowhere'), file, listed, written],
    });
    assert.deepEqual(
      problems.map(({ code, subject }) => [code, subject]),
      [
        ['VERIFY_BRIDGE_MISSING', 'bridge br9'],
        ['VERIFY_HYPERVISOR_MISSING', 'hypervisor lxc'],
        ['VERIFY_STORAGE_DIR', `folder ${join(cluster.directory, 'nowhere')}`],
        ['VERIFY_STORAGE_DIR', `folder ${file}`],
        ['VERIFY_STORAGE_MODE', `folder ${listed}`],
        ['VERIFY_STORAGE_MODE', `folder ${written}`],
      ],
    );
  });

  it('refuses to start before it has joined', async () => {
    await rm(agentPaths(cluster.config).certificate);
    await assert.rejects(startAgent(cluster.config, cluster.parts), withCode('AGENT_NOT_JOINED'));
  });

  it('refuses to start with a certificate of another key or another CA', async () => {
    const paths = agentPaths(cluster.config);
    const key = await readFile(paths.key, 'utf8');
    const { key: other } = await createAuthority('other');
    await writeFile(paths.key, other);
    await assert.rejects(startAgent(cluster.config, cluster.parts), withCode('CERTIFICATE_UNFIT', /another key/));
    await writeFile(paths.key, key);
    await writeFile(paths.ca, (await createAuthority('test')).certificate);
    await assert.rejects(startAgent(cluster.config, cluster.parts), withCode('CERTIFICATE_UNFIT', /not signed by the CA/));
  });

  it('finds its instances again after a restart, and stops them whole', async () => {
    let agent = await cluster.startAgent();
    const client = await cluster.client(() => agent);
    await client.call(node, 'disk-create', { disk, instance: owner }, { stepId: '1' });
    await client.call(node, 'instance-start', { instance }, { stepId: '2' });
    await agent.close();
    agent = await cluster.startAgent();
    const [runtime] = await client.call(node, 'instance-list', {});
    assert.equal(runtime?.state, 'running');
    await client.call(node, 'instance-stop', { ...ref, timeout: 0 }, { stepId: '3' });
    assert.deepEqual(await cluster.parts.network.list(), []);
    await client.call(node, 'disk-remove', { disk, instance: owner }, { stepId: '4' });
    assert.deepEqual(await client.call(node, 'disk-list', {}), []);
  });

  it('refuses a master of a lower term, also after a restart', async () => {
    let agent = await cluster.startAgent();
    const oldMaster = await cluster.client(() => agent, 4);
    const newMaster = await cluster.client(() => agent, 5);
    await oldMaster.call(node, 'disk-create', { disk, instance: owner }, { stepId: '1' });
    await newMaster.call(node, 'disk-remove', { disk, instance: owner }, { stepId: '2' });
    const again = () => oldMaster.call(node, 'disk-create', { disk, instance: owner }, { stepId: '3' });
    await assert.rejects(again(), withCode('NODE_REFUSED_TERM', /term is 4.*term 5/));
    await agent.close();
    agent = await cluster.startAgent();
    await assert.rejects(again(), withCode('NODE_REFUSED_TERM'));
    assert.deepEqual(await oldMaster.call(node, 'disk-list', {}), []);
  });

  it('lets a repeated request join the running step: the effect happens once', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let starts = 0;
    const real = createFakeHypervisor();
    const slow: Hypervisor = {
      ...real,
      start: async (request, context) => {
        starts++;
        begun.resolve();
        await gate.promise;
        return real.start(request, context);
      },
    };
    const agent = await cluster.startAgent({ hypervisors: [slow] });
    const lost = await cluster.client(() => agent);
    const next = await cluster.client(() => agent, 2);
    const stepId = 'job 1 start';
    await lost.call(node, 'disk-create', { disk, instance: owner }, { stepId: 'disk' });
    const first = assert.rejects(lost.call(node, 'instance-start', { instance }, { stepId }), withCode('CANCELLED'));
    await begun.promise;
    // The first master dies; the second one repeats its step.
    await lost.close();
    await first;
    const repeated = next.call(node, 'instance-start', { instance }, { stepId });
    gate.resolve();
    assert.deepEqual(await repeated, { changed: true });
    assert.deepEqual(await next.call(node, 'instance-start', { instance }, { stepId }), { changed: true });
    assert.equal(starts, 1);
  });

  it('stops a step whose master gives up, and takes back what it made', async () => {
    const begun = Promise.withResolvers<void>();
    const real = createFakeHypervisor();
    const hanging: Hypervisor = {
      ...real,
      start: (_request, { signal }) => {
        begun.resolve();
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    const agent = await cluster.startAgent({ hypervisors: [hanging] });
    const client = await cluster.client(() => agent);
    await client.call(node, 'disk-create', { disk, instance: owner }, { stepId: 'disk' });
    const abort = new AbortController();
    const start = client.call(node, 'instance-start', { instance }, { stepId: 'start', signal: abort.signal });
    await begun.promise;
    assert.equal((await cluster.parts.network.list()).length, 1);
    abort.abort();
    await assert.rejects(start, withCode('CANCELLED'));
    // Calls on one instance do not overtake each other: this one waits for the end of the start.
    await client.call(node, 'disk-remove', { disk, instance: owner }, { stepId: 'undo' });
    assert.deepEqual(await cluster.parts.network.list(), []);
  });

  it('renews its certificate without a pause and keeps it', async () => {
    const agent = await cluster.startAgent();
    const client = await cluster.client(() => agent);
    const { csr } = await client.call(node, 'certificate-request', {});
    const { certificate } = await signNode(cluster.authority, csr, { name: 'n1', addresses: ['127.0.0.1'] });
    const ca = cluster.authority.certificate;
    const crl = await createRevocationList(cluster.authority, []);
    const install = { certificate, ca, crl };
    assert.deepEqual(await client.call(node, 'certificate-install', install, { stepId: '1' }), { changed: true });
    assert.deepEqual(await client.call(node, 'certificate-install', install, { stepId: '2' }), { changed: false });
    assert.equal((await client.call(node, 'node-info', {})).name, 'n1');
    const paths = agentPaths(cluster.config);
    assert.equal(await readFile(paths.certificate, 'utf8'), certificate);
    assert.equal((await stat(paths.key)).mode & 0o777, 0o600);
    const stranger = await createAuthority('test');
    const foreign = await signNode(stranger, csr, { name: 'n1', addresses: [] });
    const bad = { certificate: foreign.certificate, ca, crl };
    await assert.rejects(client.call(node, 'certificate-install', bad, { stepId: '3' }), withCode('CERTIFICATE_UNFIT'));
    assert.equal(await readFile(paths.certificate, 'utf8'), certificate);
  });

  it('keeps what the cluster set for its monitoring agent, where that one reads it', async () => {
    let agent = await cluster.startAgent();
    const client = await cluster.client(() => agent);
    const collectors = { lv: { active: false }, 'cpu-avg-load': { interval: 2_500_000 } };
    const told = async () => (await client.call(node, 'node-info', {})).data_collectors;
    assert.deepEqual(await told(), {});
    assert.deepEqual(await client.call(node, 'monitor-configure', { collectors }, { stepId: 'm1' }), { changed: true });
    assert.deepEqual(await client.call(node, 'monitor-configure', { collectors }, { stepId: 'm2' }), { changed: false });
    const { monitor } = agentPaths(cluster.config);
    assert.deepEqual(JSON.parse(await readFile(monitor, 'utf8')), { data_collectors: collectors });
    await agent.close();
    agent = await cluster.startAgent();
    assert.deepEqual(await told(), collectors);
    await agent.close();
    // Cut short by a full disk or an editor: the master sends it again.
    await writeFile(monitor, '{"data_collectors": {"lv":');
    agent = await cluster.startAgent();
    assert.deepEqual(await told(), {});
  });

  it('opens the serial line of an instance, and shows what was said before', async () => {
    const run = join(cluster.directory, 'serial');
    await mkdir(run);
    await writeFile(join(run, 'log'), `${'x'.repeat(20_000)}login: `);
    const guest = createServer((socket) => socket.on('data', (typed: Buffer) => socket.end(`you typed ${typed.toString()}`)));
    guest.listen(join(run, 'socket'));
    await once(guest, 'listening');
    const real = createFakeHypervisor();
    const withSerial: Hypervisor = {
      ...real,
      consoles: consolesAt(() => ({ serial_socket: join(run, 'socket'), serial_log: join(run, 'log') })),
    };
    const agent = await cluster.startAgent({ hypervisors: [withSerial] });
    const client = await cluster.client(() => agent);
    await assert.rejects(client.openConsole(node, instance.uuid), withCode('CONSOLE_MISSING', /does not run here/));
    await client.call(node, 'disk-create', { disk, instance: owner }, { stepId: '1' });
    await client.call(node, 'instance-start', { instance }, { stepId: '2' });
    const console = await client.openConsole(node, instance.uuid);
    console.write('root');
    let shown = '';
    for await (const bytes of console) shown += bytes;
    assert.equal(shown.length, 16_384 + 'you typed root'.length);
    assert.match(shown, /xlogin: you typed root$/);
    guest.close();
  });

  it('opens the VNC of an instance, on its socket or on the port of one that was started before', async () => {
    const run = join(cluster.directory, 'vnc');
    await mkdir(run);
    const screens = [join(run, 'socket'), 0].map((place) => createServer((socket) => socket.write('RFB')).listen(place));
    await Promise.all(screens.map((screen) => once(screen, 'listening')));
    const port = (screens[1]?.address() as AddressInfo).port;
    const real = createFakeHypervisor();
    let places: Partial<ConsolePlaces> = {};
    const agent = await cluster.startAgent({ hypervisors: [{ ...real, consoles: consolesAt(() => places) }] });
    const client = await cluster.client(() => agent);
    await client.call(node, 'disk-create', { disk, instance: owner }, { stepId: '1' });
    await client.call(node, 'instance-start', { instance }, { stepId: '2' });
    await assert.rejects(client.openConsole(node, instance.uuid, 'vnc'), withCode('CONSOLE_MISSING', /no VNC/));
    for (const [vnc_socket, vnc] of [
      [join(run, 'socket'), null],
      [null, { host: '0.0.0.0', port }],
    ] as const) {
      places = { serial_socket: null, vnc_socket, vnc };
      const console = await client.openConsole(node, instance.uuid, 'vnc');
      const [seen] = await once(console, 'data');
      assert.equal(String(seen), 'RFB');
      console.destroy();
    }
    for (const screen of screens) screen.close();
  });

  it('says that an instance has no serial line', async () => {
    const agent = await cluster.startAgent();
    const client = await cluster.client(() => agent);
    await client.call(node, 'disk-create', { disk, instance: owner }, { stepId: '1' });
    await client.call(node, 'instance-start', { instance }, { stepId: '2' });
    await assert.rejects(client.openConsole(node, instance.uuid), withCode('CONSOLE_MISSING', /instances of fake have no serial console/));
  });
});
