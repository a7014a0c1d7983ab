import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import { endProcess } from './end-process.ts';
import { listInstances } from './list-instances.ts';
import { resumeInstance } from './resume-instance.ts';
import { type Runtime, readRuntime, writeRuntime } from './runtime-file.ts';
import { startInstance } from './start-instance.ts';
import { stopInstance } from './stop-instance.ts';
import { tendInstances } from './tend-instances.ts';
import { kills, nowhere, refused, status, testContext, there } from './test-context.ts';
import { createTestParts, ended, type TestParts } from './test-parts.ts';
import { verifyHost } from './verify-host.ts';

let parts: TestParts;
beforeEach(async () => {
  parts = await createTestParts();
});
afterEach(() => parts.dispose());

const commands = () => parts.calls.map((call) => (typeof call === 'string' ? call : call[0]));

describe('the list of instances', () => {
  it('tells the state that QEMU is in', async () => {
    const { request, runtime } = await parts.place();
    const { uuid, name, memory, vcpus } = request.spec;
    const stalled = { 'io-status': 'nospace', inserted: { 'node-name': `disk-${request.disks[0]?.uuid.slice(0, 18)}` } };
    parts.answers['query-block'] = [[stalled]];
    for (const [state, expected] of [
      ['running', { state: 'running' }],
      ['paused', { state: 'paused' }],
      ['prelaunch', { state: 'paused' }],
      ['inmigrate', { state: 'migrating-in' }],
      ['internal-error', { state: 'crashed' }],
      ['guest-panicked', { state: 'crashed' }],
      ['io-error', { state: 'paused', problem: `disk 0 could not be written: no space left in ${join(parts.runDir, '..')}` }],
    ] as const) {
      parts.answers['query-status'] = status(state);
      const [{ cpu_seconds: seconds, ...row } = { cpu_seconds: -1 }, ...others] = await listInstances(parts);
      assert.ok(seconds >= 0 && seconds < 60 && others.length === 0);
      const console = { serial_socket: parts.files(request.spec).console, vnc_socket: null, vnc: null };
      const fixed = { uuid, name, hypervisor: 'kvm', memory, vcpus, pid: runtime.process?.pid, machine: 'pc-i440fx-7.2', console };
      assert.deepEqual(row, { ...fixed, ...expected }, state);
    }
  });

  it('takes a QEMU that does not answer for one that runs, or waits', async () => {
    parts.answers['query-status'] = [new Error('no answer')];
    await parts.place();
    assert.deepEqual(
      (await listInstances(parts)).map(({ state }) => state),
      ['running'],
    );
    assert.deepEqual(parts.logged, ['QEMU runs but does not answer']);
    await parts.dispose();
    await parts.place({ phase: 'incoming' });
    assert.deepEqual(
      (await listInstances(parts)).map(({ state }) => state),
      ['migrating-in'],
    );
  });

  it('tells without a process what is known: stopped by itself, crashed, or never there', async () => {
    for (const [phase, expected] of [
      ['off', 'shutdown'],
      ['running', 'crashed'],
      ['starting', undefined],
      ['incoming', undefined],
    ] as const) {
      const { child, request } = await parts.place({ phase });
      child.kill('SIGKILL');
      await ended(child);
      const row = (await listInstances(parts)).find(({ uuid }) => uuid === request.spec.uuid);
      assert.equal(row?.state, expected, phase);
      if (row) assert.deepEqual([row.pid, row.cpu_seconds, row.problem], [null, 0, undefined]);
    }
  });

  it('ends the process of a guest that has switched itself off, and remembers that', async () => {
    const { request, child } = await parts.place();
    parts.answers['query-status'] = status('shutdown');
    parts.answers['quit'] = kills(child);
    const [row] = await listInstances(parts);
    assert.deepEqual([row?.state, row?.pid, row?.console], ['shutdown', null, undefined]);
    await ended(child);
    assert.equal((await readRuntime(parts.files(request.spec).runtime))?.phase, 'off');
    assert.deepEqual(parts.logged, ['the guest switched itself off']);
    assert.deepEqual(
      (await listInstances(parts)).map(({ state }) => state),
      ['shutdown'],
    );
  });

  it('finds a process whose number nobody wrote down by its folder', async () => {
    const { child } = await parts.place({ process: null });
    parts.answers['query-status'] = status('running');
    assert.deepEqual(
      (await listInstances(parts)).map(({ state, pid }) => [state, pid]),
      [['running', child.pid]],
    );
  });

  it('does not take another process with the same number for it', async () => {
    const { runtime } = await parts.place();
    const process = runtime.process ?? assert.fail();
    await parts.place({ process: { ...process, startTicks: process.startTicks - 1 } });
    await parts.place({ process: { ...process, bootId: 'another' } });
    parts.answers['query-status'] = status('running');
    assert.deepEqual((await listInstances(parts)).map(({ state }) => state).sort(), ['crashed', 'crashed', 'running']);
  });
});

describe('a process that is to end', () => {
  it('is asked, and killed when it does not quit', async () => {
    const polite = await parts.place();
    parts.answers['quit'] = kills(polite.child);
    await endProcess(parts, polite.request.spec, polite.runtime.process ?? assert.fail());
    assert.deepEqual(parts.logged, []);
    const deaf = await parts.place();
    for (const answer of [{}, refused('no')]) {
      parts.answers['quit'] = [answer];
      await endProcess(parts, deaf.request.spec, deaf.runtime.process ?? assert.fail());
      await ended(deaf.child);
      assert.equal(deaf.child.signalCode, 'SIGKILL');
    }
    assert.deepEqual(parts.logged, ['QEMU did not quit; killing it']);
  });
});

describe('a stop', () => {
  it('presses the button until the guest is off, and forgets it', async () => {
    const { request, child } = await parts.place();
    parts.answers['query-status'] = status(...Array<string>(60).fill('running'), 'shutdown');
    parts.answers['quit'] = kills(child);
    const told = testContext();
    assert.deepEqual(await stopInstance(parts, request.spec, 100, told), { changed: true, graceful: true });
    assert.equal(commands().filter((one) => one === 'system_powerdown').length, 2, 'again after four seconds');
    assert.deepEqual(told.seen, [
      { text: 'waiting for the guest to stop, 0 of 100 s', fraction: 0 },
      { text: 'waiting for the guest to stop, 4 of 100 s', fraction: 0.04 },
    ]);
    const { directory } = parts.files(request.spec);
    const { uuid, name } = request.spec;
    assert.deepEqual([await there(directory), commands().includes(`release ${uuid}`)], [false, true]);
    const note = JSON.parse(await readFile(join(parts.runDir, 'stopped', `${uuid}.json`), 'utf8')) as object;
    assert.deepEqual(note, { version: 1, uuid, name, hypervisor: 'kvm', at: parts.clock.now() / 1000 });
    assert.deepEqual(await stopInstance(parts, request.spec, 100, told), { changed: false, graceful: false });
  });

  it('is hard at once, without ACPI, in another state, without an answer, or after its time', async () => {
    const cases: [what: string, seconds: number, answers: unknown[], fields: object, texts: string[], pressed: number][] = [
      ['at once', 0, status('running'), {}, ['stopping hard'], 0],
      [
        'without ACPI',
        5,
        status('running'),
        { acpi: false },
        ['the instance has no ACPI, so it cannot be asked to stop', 'stopping hard'],
        0,
      ],
      ['paused', 5, status('paused'), {}, ['stopping hard'], 0],
      ['no answer', 5, [new GantryError('HYPERVISOR_QMP_LOST', { socket: 's', problem: 'p' })], {}, ['stopping hard'], 0],
      ['refused', 5, [new GantryError('SOCKET_REFUSED', { path: 's', problem: 'p' })], {}, ['stopping hard'], 0],
      [
        'too late',
        5,
        status('running'),
        {},
        ['waiting for the guest to stop, 0 of 5 s', 'waiting for the guest to stop, 4 of 5 s', 'stopping hard'],
        2,
      ],
    ];
    for (const [what, seconds, answers, hvparams, texts, pressed] of cases) {
      const { request, runtime } = await parts.place();
      const spec = { ...runtime.request.spec, hvparams: { ...runtime.request.spec.hvparams, ...hvparams } };
      const { child } = await placeAgain({ ...runtime, request: { ...runtime.request, spec } });
      parts.calls.length = 0;
      parts.answers['query-status'] = answers;
      parts.answers['quit'] = kills(child);
      const told = testContext();
      assert.deepEqual(await stopInstance(parts, request.spec, seconds, told), { changed: true, graceful: false }, what);
      assert.deepEqual(
        told.seen.map(({ text }) => text),
        texts,
        what,
      );
      assert.equal(commands().filter((one) => one === 'system_powerdown').length, pressed, what);
      await ended(child);
    }
  });

  /** The same instance, with what is written of it changed. */
  async function placeAgain(runtime: Runtime) {
    const placed = await parts.place();
    await writeRuntime(parts.files(runtime).runtime, { ...runtime, process: placed.runtime.process });
    return placed;
  }

  it('that is given up leaves the guest as it is, and one of a fault of ours is told', async () => {
    const { request, child } = await parts.place();
    parts.answers['query-status'] = status('running');
    await assert.rejects(stopInstance(parts, request.spec, 5, testContext(AbortSignal.abort())), { name: 'AbortError' });
    parts.answers['query-status'] = [new TypeError('a defect')];
    await assert.rejects(stopInstance(parts, request.spec, 5, testContext()), { message: 'a defect' });
    assert.equal(child.exitCode ?? child.signalCode, null);
  });
});

describe('a start', () => {
  it('leaves a machine that runs, and lets one go on that waits for it', async () => {
    for (const [state, changed, asked] of [
      ['running', false, ['query-status']],
      ['paused', false, ['query-status']],
      ['prelaunch', true, ['query-status', 'cont']],
      ['io-error', true, ['query-status', 'cont', 'query-status']],
    ] as const) {
      const { request, runtime } = await parts.place({ phase: 'starting' });
      parts.answers['query-status'] = state === 'io-error' ? status('io-error', 'running') : status(state);
      parts.calls.length = 0;
      assert.deepEqual(await startInstance(parts, request, testContext()), { changed }, state);
      assert.deepEqual(commands(), asked, state);
      const after = await readRuntime(parts.files(request.spec).runtime);
      assert.deepEqual([after?.phase, after?.process], [state === 'prelaunch' ? 'running' : 'starting', runtime.process], state);
    }
  });

  it('is refused while a migration is awaited, and told of a disk that still cannot be written', async () => {
    const { request } = await parts.place();
    parts.answers['query-status'] = status('inmigrate');
    await assert.rejects(startInstance(parts, request, testContext()), {
      code: 'HYPERVISOR_START_FAILED',
      facts: { name: request.spec.name, problem: 'this node is waiting for it to be migrated here', log: parts.files(request.spec).log },
    });
    parts.answers['query-status'] = status('io-error');
    parts.answers['query-block'] = [[{ 'io-status': 'failed', inserted: { file: '/x' } }]];
    await assert.rejects(startInstance(parts, request, testContext()), {
      code: 'HYPERVISOR_STALLED',
      facts: { name: request.spec.name, problem: 'a disk (/x) could not be written or read' },
    });
  });

  it('clears what has ended before it begins', async () => {
    for (const state of ['shutdown', 'internal-error', 'guest-panicked'] as const) {
      const { request, child } = await parts.place();
      parts.answers['query-status'] = status(state);
      parts.answers['quit'] = kills(child);
      const told = testContext();
      const missing = new GantryError('HYPERVISOR_MISSING', { program: 'qemu', problem: 'none' });
      const without = { ...parts, facts: { ...parts.facts, defaultMachine: () => Promise.reject(missing) } };
      await assert.rejects(startInstance(without, request, told), missing);
      await ended(child);
      assert.deepEqual(told.seen, [{ text: 'starting QEMU' }]);
      assert.equal(await there(parts.files(request.spec).directory), false, state);
    }
    const { request, child } = await parts.place();
    child.kill('SIGKILL');
    await ended(child);
    await assert.rejects(startInstance(parts, request, testContext(AbortSignal.abort())), { name: 'AbortError' });
    assert.equal(await there(parts.files(request.spec).directory), false);
  });
});

describe('a guest that stands still', () => {
  it('goes on when it is told to', async () => {
    const { request } = await parts.place();
    for (const [states, changed, asked] of [
      [['running'], false, ['query-status']],
      [['paused'], true, ['query-status', 'cont']],
      [['shutdown'], false, ['query-status']],
      [['io-error', 'running'], true, ['query-status', 'cont', 'query-status']],
    ] as const) {
      parts.answers['query-status'] = status(...states);
      parts.calls.length = 0;
      assert.deepEqual(await resumeInstance(parts, request.spec), { changed });
      assert.deepEqual(commands(), asked);
    }
    await assert.rejects(resumeInstance(parts, { uuid: nowhere, name: 'x' }), { code: 'HYPERVISOR_NOT_RUNNING', facts: { name: 'x' } });
  });

  it('goes on by itself when there is room, is held on its serial line, and not while it starts', async () => {
    const { request } = await parts.place();
    const starting = await parts.place({ phase: 'starting' });
    parts.answers['query-status'] = status('io-error');
    parts.answers['query-block'] = [[{ 'io-status': 'nospace', inserted: { file: '/nonexistent/x' } }]];
    await tendInstances(parts);
    assert.ok(!commands().includes('cont'), 'a folder that is gone has no room');
    parts.answers['query-block'] = [[{ 'io-status': 'failed', inserted: { file: join(parts.runDir, 'x') } }]];
    await tendInstances(parts);
    assert.ok(!commands().includes('cont'), 'another fault');
    for (const blocks of [[], [{ 'io-status': 'ok' }], [{ 'io-status': 'nospace', inserted: { file: join(parts.runDir, 'x') } }]]) {
      parts.calls.length = 0;
      parts.logged.length = 0;
      parts.answers['query-block'] = [blocks];
      await tendInstances(parts);
      assert.deepEqual(commands(), [`hold ${request.spec.uuid}`, 'query-status', 'query-block', 'cont']);
      assert.deepEqual(parts.logged, ['its disks have free space again; the guest continues']);
    }
    assert.ok(!commands().includes(`hold ${starting.request.spec.uuid}`));
  });
});

describe('what QEMU writes of a running instance', () => {
  it('is cut to its last quarter beyond a mebibyte, and never through a link', async () => {
    const mib = 1024 * 1024;
    const { request } = await parts.place();
    const { log, old } = parts.files(request.spec);
    const kept = async (path: string) => (await readFile(path, 'latin1')).length;
    await mkdir(dirname(log), { recursive: true });
    parts.answers['query-status'] = status('running');
    for (const path of [log, old.serialLog]) await writeFile(path, Buffer.alloc(mib, 'a'));
    await tendInstances(parts);
    assert.deepEqual([await kept(log), await kept(old.serialLog)], [mib, mib], 'so much it may be');
    for (const path of [log, old.serialLog]) await writeFile(path, `${'a'.repeat(2 * mib)}the end`);
    await tendInstances(parts);
    for (const path of [log, old.serialLog])
      assert.ok((await kept(path)) === mib / 4 && (await readFile(path, 'utf8')).endsWith('athe end'), path);
    const precious = join(dirname(log), 'precious');
    await writeFile(precious, Buffer.alloc(2 * mib));
    for (const path of [log, old.serialLog]) {
      await rm(path);
      await symlink(precious, path);
    }
    await tendInstances(parts);
    assert.equal(await kept(precious), 2 * mib);
  });
});

describe('the check of a node', () => {
  const leftovers = async () => (await verifyHost(parts)).filter(({ code }) => code === 'HYPERVISOR_LEFTOVER');

  it('names what instances left behind', async () => {
    await parts.place();
    const off = await parts.place({ phase: 'off' });
    const crashed = await parts.place();
    const interrupted = await parts.place({ phase: 'incoming' });
    for (const { child } of [off, crashed, interrupted]) {
      child.kill('SIGKILL');
      await ended(child);
    }
    const [bare, damaged] = [await parts.place(), await parts.place()];
    await rm(parts.files(bare.request.spec).runtime);
    await writeFile(parts.files(damaged.request.spec).runtime, '{"version": 2}');
    const found = new Map((await leftovers()).map(({ subject, text }) => [subject, text]));
    assert.deepEqual(
      [...found.keys()].sort(),
      [crashed.request.spec.name, interrupted.request.spec.name, bare.request.spec.uuid, damaged.request.spec.uuid].sort(),
    );
    assert.match(found.get(crashed.request.spec.name) ?? '', /its QEMU is gone although nobody stopped it/);
    assert.match(found.get(interrupted.request.spec.name) ?? '', /its QEMU is gone in the phase "incoming"/);
    assert.match(found.get(bare.request.spec.uuid) ?? '', /a directory without a runtime file/);
    assert.match(found.get(damaged.request.spec.uuid) ?? '', /has version 2, which this agent does not know/);
  });
});
