import { absentCalls, callsOfCapabilities, judgedCalls, refusedCalls, type SystemCall } from './system-calls.ts';

// A filter of system calls as the kernel takes it: a program of classic BPF, which sees the number of the call, the
// architecture and the arguments. Written here as bytes, so that nothing has to be compiled on a node.

/** What one instruction does. */
const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAnyBit = 0x45;
const giveBack = 0x06;

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (code: number): number => 0x00050000 | code;
const refuse = errno(1); // EPERM
const absent = errno(38); // ENOSYS
const unknownFamily = errno(97); // EAFNOSUPPORT

/** Where the kernel puts the parts of a call; of arguments the lower half, as both architectures are little-endian. */
const numberAt = 0;
const architectureAt = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

const architectures = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
export type Architecture = keyof typeof architectures;

/** Set in the numbers of x32, a second table of calls that would go past the filter. */
const x32Bit = 0x40000000;

/** Every kind of new namespace: of mounts, control groups, names, IPC, users, processes and networks. */
const newNamespaces = 0x7e020000;
const newUsers = 0x10000000;

const families = { unix: 1, inet: 2, inet6: 10, netlink: 16, packet: 17 } as const;

/** Requests that put characters into a terminal, as if its user typed them. */
const terminalInput = [0x5412, 0x541c] as const; // TIOCSTI, TIOCLINUX

/** PER_LINUX, with 32-bit addresses, with 32-bit uname, with both; and the question which one it is. */
const personalities = [0, 8, 0x20000, 0x20008, 0xffffffff] as const;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/** The architecture of this process, where there is a filter for it. */
export const ownArchitecture = (): Architecture | undefined =>
  process.arch === 'x64' || process.arch === 'arm64' ? process.arch : undefined;

/**
 * The filter for a plugin, as `bwrap --seccomp` reads it.
 * @param capabilities - granted ones, which bring the calls that they are for
 */
export function seccompFilter(architecture: Architecture, capabilities: readonly string[]): Buffer {
  const column = architecture === 'x64' ? 0 : 1;
  const has = (...names: string[]) => names.some((name) => capabilities.includes(name));
  const numberOf = (call: SystemCall): number[] => call.slice(column, column + 1).filter((number) => number !== undefined);
  const refused = [
    ...Object.entries(refusedCalls).flatMap(([name, call]) => (name === 'unshare' && has('sys_admin') ? [] : [call])),
    ...callsOfCapabilities.flatMap(([owners, calls]) => (has(...owners) ? [] : Object.values(calls))),
  ];
  const namespaces = has('sys_admin') ? newUsers : newNamespaces;
  const { unix, inet, inet6, netlink, packet } = families;
  const known = [unix, inet, inet6, netlink, ...(has('net_raw') ? [packet] : [])];
  const program: Instruction[] = [
    [load, 0, 0, architectureAt],
    ...unless(architectures[architecture], killProcess),
    [load, 0, 0, numberAt],
    ...(architecture === 'x64' ? ifAnyBit(x32Bit, absent) : []),
    ...Object.values(absentCalls).flatMap((call) => numberOf(call).flatMap((number) => ifEqual(number, absent))),
    ...refused.flatMap((call) => numberOf(call).flatMap((number) => ifEqual(number, refuse))),
    ...judge(judgedCalls.clone[column], 0, ifAnyBit(namespaces, refuse)),
    ...(has('sys_admin') ? judge(refusedCalls.unshare[column], 0, ifAnyBit(newUsers, refuse)) : []),
    ...judge(judgedCalls.socket[column], 0, onlyThese(known, unknownFamily)),
    ...judge(judgedCalls.socketpair[column], 0, onlyThese([unix], unknownFamily)),
    ...judge(
      judgedCalls.ioctl[column],
      1,
      terminalInput.flatMap((request) => ifEqual(request, refuse)),
    ),
    ...judge(judgedCalls.personality[column], 0, onlyThese(personalities, refuse)),
    [giveBack, 0, 0, allow],
  ];
  return encode(program);
}

const ifEqual = (value: number, answer: number): Instruction[] => [
  [jumpIfEqual, 0, 1, value],
  [giveBack, 0, 0, answer],
];

const ifAnyBit = (bits: number, answer: number): Instruction[] => [
  [jumpIfAnyBit, 0, 1, bits],
  [giveBack, 0, 0, answer],
];

const unless = (value: number, answer: number): Instruction[] => [
  [jumpIfEqual, 1, 0, value],
  [giveBack, 0, 0, answer],
];

const onlyThese = (values: readonly number[], answer: number): Instruction[] => [
  ...values.map((value, index): Instruction => [jumpIfEqual, values.length - index, 0, value]),
  [giveBack, 0, 0, answer],
];

/** Rules for one argument of one call; after them the call is allowed, so that the number need not be loaded again. */
const judge = (number: number, argument: number, rules: readonly Instruction[]): Instruction[] => [
  [jumpIfEqual, 0, rules.length + 2, number],
  [load, 0, 0, argumentAt(argument)],
  ...rules,
  [giveBack, 0, 0, allow],
];

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(8 * program.length);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * index);
    bytes.writeUInt8(ifTrue, 8 * index + 2);
    bytes.writeUInt8(ifFalse, 8 * index + 3);
    bytes.writeUInt32LE(operand >>> 0, 8 * index + 4);
  }
  return bytes;
}
