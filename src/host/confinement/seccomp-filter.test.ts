import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Architecture, seccompFilter } from './seccomp-filter.ts';
import { absentCalls, callsOfCapabilities, judgedCalls, refusedCalls } from './system-calls.ts';

const architectures: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const allow = 0x7fff0000;
const kill = 0x80000000;
const [eperm, enosys, eafnosupport] = [0x50001, 0x50026, 0x50061];

interface Call {
  readonly number: number;
  readonly architecture?: number;
  readonly args?: readonly number[];
}

/** What the kernel would make of a call: the few instructions that the filter is written in. */
function judge(filter: Buffer, { number, architecture = architectures.x64, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of args.entries()) data.writeUInt32LE(value >>> 0, 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; ) {
    const [code, ifTrue, ifFalse, k] = [
      filter.readUInt16LE(8 * at),
      filter[8 * at + 2] ?? 0,
      filter[8 * at + 3] ?? 0,
      filter.readUInt32LE(8 * at + 4),
    ];
    at++;
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x15) at += accumulator === k ? ifTrue : ifFalse;
    else if (code === 0x45) at += (accumulator & k) !== 0 ? ifTrue : ifFalse;
    else if (code === 0x06) return k;
    else assert.fail(`instruction ${code}`);
  }
  return assert.fail('it goes past the end');
}

for (const [name, column] of [
  ['x64', 0],
  ['arm64', 1],
] as const) {
  describe(`system calls of ${name}`, () => {
    const architecture = architectures[name];
    const plain = seccompFilter(name, []);
    const ask = (number: number, ...args: number[]) => judge(plain, { number, architecture, args });
    const { clone, socket, socketpair, ioctl, personality } = judgedCalls;

    test('each that is listed is refused, and another is not', () => {
      for (const call of Object.values(refusedCalls)) if (call[column] !== undefined) assert.equal(ask(call[column]), eperm);
      for (const call of Object.values(absentCalls)) assert.equal(ask(call[column]), enosys);
      for (const [, calls] of callsOfCapabilities)
        for (const call of Object.values(calls)) if (call[column] !== undefined) assert.equal(ask(call[column]), eperm);
      const read = column === 0 ? 0 : 63;
      const execve = column === 0 ? 59 : 221;
      assert.deepEqual([ask(read), ask(execve)], [allow, allow]);
    });

    test('a capability brings what it is for, and nothing else', () => {
      for (const [owners, calls] of callsOfCapabilities) {
        for (const owner of owners) {
          const filter = seccompFilter(name, [owner]);
          for (const call of Object.values(calls))
            if (call[column] !== undefined) assert.equal(judge(filter, { number: call[column], architecture }), allow);
          for (const [others, refused] of callsOfCapabilities) {
            if (others.includes(owner)) continue;
            for (const call of Object.values(refused))
              if (call[column] !== undefined) assert.equal(judge(filter, { number: call[column], architecture }), eperm);
          }
        }
      }
    });

    test('processes and threads can be made, namespaces not; of users never', () => {
      const [signal, thread] = [17, 0x3d0f00];
      assert.deepEqual([ask(clone[column], signal), ask(clone[column], thread)], [allow, allow]);
      const kinds = {
        mounts: 0x20000,
        groups: 0x2000000,
        names: 0x4000000,
        ipc: 0x8000000,
        users: 0x10000000,
        processes: 0x20000000,
        network: 0x40000000,
      };
      const admin = seccompFilter(name, ['sys_admin']);
      for (const [kind, flag] of Object.entries(kinds)) {
        assert.equal(ask(clone[column], signal | flag), eperm, kind);
        for (const number of [clone[column], refusedCalls.unshare[column]])
          assert.equal(judge(admin, { number, architecture, args: [flag] }), kind === 'users' ? eperm : allow, kind);
      }
    });

    test('sockets of four families, and packets for who may have them', () => {
      const allowed = Array.from({ length: 60 }, (_, family) => family).filter((family) => ask(socket[column], family) === allow);
      assert.deepEqual(allowed, [1, 2, 10, 16]);
      assert.equal(ask(socket[column], 40), eafnosupport);
      assert.equal(judge(seccompFilter(name, ['net_raw']), { number: socket[column], architecture, args: [17] }), allow);
      assert.deepEqual([ask(socketpair[column], 1), ask(socketpair[column], 2)], [allow, eafnosupport]);
    });

    test('requests that type into a terminal are refused, and personalities that weaken a process', () => {
      assert.deepEqual(
        [ask(ioctl[column], 0, 0x5412), ask(ioctl[column], 0, 0x541c), ask(ioctl[column], 0, 0x5413)],
        [eperm, eperm, allow],
      );
      assert.deepEqual(
        [ask(personality[column], 0xffffffff), ask(personality[column], 0), ask(personality[column], 0x400000)],
        [allow, allow, eperm],
      );
    });

    test('another table of calls is no way round it', () => {
      const other = architectures[name === 'x64' ? 'arm64' : 'x64'];
      for (const foreign of [other, 0x40000003, 0x40000028]) assert.equal(judge(plain, { number: 0, architecture: foreign }), kill);
      if (name === 'x64') assert.equal(ask(0x40000000 + 1), enosys);
    });
  });
}
