import { type Clock, GantryError, type Log, operationContext, seededRandom, silentLog, systemClock } from '../base/index.ts';
import { validate } from '../model/index.ts';
import {
  type CallContext,
  type CallOptions,
  checkAnswer,
  type InstanceSpec,
  type JobNodeCaller,
  nodeContract,
  type RpcDispatcher,
  type RpcName,
  type RpcParams,
  type RpcResult,
} from '../rpc/index.ts';
import { createNodeWorld, createSimulatedAgent, type NodeWorld, type SharedWorld, type SimulatedAgent } from './simulated-node.ts';

/** What is wrong with a node: nobody answers, nothing is answered, or nonsense. */
export type NodeFault = 'down' | 'hang' | 'garbage';

/** A call that fails: the n-th (from 1) of a method since the fault was set, on one node or counted over all. */
export interface CallFault {
  readonly method: RpcName;
  readonly nth: number;
  readonly node?: string;
  readonly error: GantryError;
  /** `after`: the effect is there, only the answer is lost; default `before`. */
  readonly when?: 'before' | 'after';
}

export interface SimulationOptions {
  /** How many nodes, or their UUIDs. */
  readonly nodes: number | readonly string[];
  readonly seed: number;
  readonly faults?: readonly CallFault[];
  /** Every call takes between these two, milliseconds; default none. */
  readonly delayMs?: readonly [number, number];
  /** How long a caller waits for a node that hangs, milliseconds; default 20. */
  readonly patienceMs?: number;
  /** Term of the calls that are made through the simulation itself; default 1. */
  readonly term?: number;
  /** The hypervisor that the nodes have; default `fake`. */
  readonly hypervisor?: InstanceSpec['hypervisor'];
  /** Of each node; default 64 GiB and 1 TiB. */
  readonly memoryMib?: number;
  readonly diskMib?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** What exists on a node, whoever knows of it. */
export interface Inspection {
  readonly machines: readonly { readonly uuid: string; readonly name: string; readonly state: string }[];
  /** UUIDs of the disks that lie on this node alone. */
  readonly disks: readonly string[];
  readonly devices: readonly string[];
  readonly activations: readonly string[];
}

interface SimulatedNode {
  readonly world: NodeWorld;
  agent: SimulatedAgent | undefined;
  fault: NodeFault | null;
  /** Ends the calls that are under way when the agent dies. */
  readonly underWay: Set<(error: GantryError) => void>;
}

/**
 * A cluster in this process: the handlers, fencing and step registry of real agents on fake hypervisors, disks and
 * networks. Parameters and answers pass through JSON and the contract, as over a network.
 *
 * @example
 * const cluster = await createSimulation({ nodes: 1000, seed: 1 });
 * const info = await cluster.call(cluster.nodes[0], 'node-info', {});
 */
export async function createSimulation(options: SimulationOptions): Promise<Simulation> {
  const simulation = new Simulation(options);
  for (const node of simulation.nodes) await simulation.startAgent(node);
  return simulation;
}

export class Simulation implements JobNodeCaller {
  readonly nodes: readonly string[];
  readonly #options: SimulationOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #shared: SharedWorld = { disks: new Map(), wire: new Map() };
  readonly #byUuid = new Map<string, SimulatedNode>();
  readonly #counts = new Map<string, number>();
  readonly #holds = new Map<RpcName, Promise<unknown>>();
  #faults: { readonly fault: CallFault; seen: number }[] = [];

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = seededRandom(options.seed);
    const { nodes } = options;
    this.nodes = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, index) => nodeUuid(index)) : nodes;
    for (const [index, uuid] of this.nodes.entries()) {
      this.#byUuid.set(uuid, { world: createNodeWorld(uuid, index), agent: undefined, fault: null, underWay: new Set() });
    }
    for (const fault of options.faults ?? []) this.addFault(fault);
  }

  call<M extends RpcName>(node: string, method: M, params: RpcParams<M>, options: CallOptions = {}): Promise<RpcResult<M>> {
    return this.#call(this.#options.term ?? 1, node, method, params, options);
  }

  cancelStep(node: string, stepId: string): Promise<void> {
    return this.#cancelStep(this.#options.term ?? 1, node, stepId);
  }

  /** A caller of another term: another master. */
  withTerm(term: number): JobNodeCaller {
    return {
      call: (node, method, params, options = {}) => this.#call(term, node, method, params, options),
      cancelStep: (node, stepId) => this.#cancelStep(term, node, stepId),
    };
  }

  setFault(node: string, fault: NodeFault | null): void {
    this.#node(node).fault = fault;
  }

  /** The bridges that a node has from now on, and no switches. */
  setBridges(node: string, bridges: string[]): void {
    this.#node(node).world.links = { bridges, switches: [] };
  }

  addFault(fault: CallFault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  /** Calls of a method reach their nodes only when `until` is over. */
  hold(method: RpcName, until: Promise<unknown>): void {
    this.#holds.set(method, until);
  }

  /** Ends the agent at once, as SIGKILL does: its memory is lost, its world stays. */
  killAgent(node: string): void {
    const found = this.#node(node);
    found.agent?.kill();
    found.agent = undefined;
    for (const end of found.underWay) end(unreachable(node, 'the connection was lost'));
  }

  async startAgent(node: string): Promise<void> {
    const found = this.#node(node);
    const { hypervisor = 'fake', memoryMib = 65_536, diskMib = 1_048_576, log = silentLog } = this.#options;
    const common = { hypervisor, memoryMib, diskMib, log, clock: this.#clock, shared: this.#shared };
    found.agent ??= await createSimulatedAgent({ ...common, world: found.world });
  }

  /** From now on the guest of this instance ignores its power button, on every node. */
  ignorePowerButton(name: string): void {
    for (const { world } of this.#byUuid.values()) world.deaf.add(name);
  }

  /** Lets the guest of a machine stand still, as after a disk error. */
  stall(node: string, name: string, problem: string): void {
    const { machines } = this.#node(node).world;
    for (const [uuid, machine] of machines) {
      if (machine.request.spec.name === name) machines.set(uuid, { ...machine, state: 'paused', problem });
    }
  }

  /** Address of a node, as it is used for migrations. */
  address(node: string): string {
    return this.#node(node).world.address;
  }

  inspect(node: string): Inspection {
    const { machines, disks, devices, activations } = this.#node(node).world;
    return {
      machines: [...machines].map(([uuid, { request, state }]) => ({ uuid, name: request.spec.name, state })),
      disks: [...disks.keys()],
      devices: [...devices.keys()],
      activations: [...activations.keys()],
    };
  }

  /** UUIDs of the disks on shared storage. */
  sharedDisks(): string[] {
    return [...this.#shared.disks.keys()];
  }

  /** A disk on shared storage is gone, and nobody was told. */
  loseSharedDisk(uuid: string): void {
    this.#shared.disks.delete(uuid);
  }

  /** How often a method was called, on one node or on all, faults included. */
  count(method: RpcName, node?: string): number {
    return this.#counts.get(node === undefined ? method : `${node} ${method}`) ?? 0;
  }

  /** A node behind the port of a network server, with the faults of this simulation. */
  dispatcher(node: string): RpcDispatcher {
    return {
      dispatch: (call, context) => this.#dispatch(node, call, context),
      cancelStep: async (stepId, term) => this.#node(node).agent?.dispatcher.cancelStep(stepId, term),
    };
  }

  async #call<M extends RpcName>(
    term: number,
    node: string,
    method: M,
    params: RpcParams<M>,
    { stepId, trace, onProgress = () => undefined, signal = new AbortController().signal, cancel }: CallOptions,
  ): Promise<RpcResult<M>> {
    cancel?.throwIfAborted();
    const sent = validate(nodeContract[method].params, JSON.parse(JSON.stringify(params)), `call ${method}`);
    const operation = operationContext({ trace, log: this.#options.log ?? silentLog }, { node, method, step: stepId });
    const call = this.#dispatch(node, { method, params: sent, term, stepId }, { operation, progress: onProgress, signal });
    const tellToEnd = async () => void (stepId !== undefined && (await this.#node(node).agent?.dispatcher.cancelStep(stepId, term)));
    const onCancel = () => void tellToEnd().catch(() => undefined);
    cancel?.addEventListener('abort', onCancel, { once: true });
    try {
      return checkAnswer(node, method, await call);
    } catch (error) {
      if (signal.aborted) await tellToEnd();
      throw error;
    } finally {
      cancel?.removeEventListener('abort', onCancel);
    }
  }

  async #cancelStep(term: number, node: string, stepId: string): Promise<void> {
    const { agent, fault } = this.#node(node);
    if (!agent || fault !== null) throw unreachable(node, 'connection refused');
    await agent.dispatcher.cancelStep(stepId, term);
  }

  async #dispatch(node: string, call: Parameters<RpcDispatcher['dispatch']>[0], context: CallContext): Promise<unknown> {
    const found = this.#node(node);
    const { method } = call;
    for (const key of [method, `${node} ${method}`]) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const fault = this.#faultOf(node, method);
    const [least, most] = this.#options.delayMs ?? [0, 0];
    if (most > 0) await this.#clock.sleep(least + this.#random() * (most - least), context.signal);
    await this.#holds.get(method);
    if (!found.agent || found.fault === 'down') throw unreachable(node, 'connection refused');
    if (found.fault === 'garbage') return { nonsense: Math.floor(this.#random() * 1000) };
    if (found.fault === 'hang') return this.#hang(node, method, context.signal);
    if (fault && fault.when !== 'after') throw fault.error;
    const answer = await untilDeath(found, found.agent.dispatcher.dispatch(call, context));
    if (fault) throw fault.error;
    return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer));
  }

  async #hang(node: string, method: RpcName, signal: AbortSignal): Promise<never> {
    const patience = this.#options.patienceMs ?? 20;
    await this.#clock.sleep(patience, signal);
    throw new GantryError('NODE_TIMED_OUT', { node, method, seconds: patience / 1000 });
  }

  #faultOf(node: string, method: RpcName): CallFault | undefined {
    const concerned = this.#faults.filter(({ fault }) => fault.method === method && (fault.node ?? node) === node);
    for (const entry of concerned) entry.seen++;
    const due = concerned.find(({ fault, seen }) => seen === fault.nth);
    this.#faults = this.#faults.filter((entry) => entry !== due);
    return due?.fault;
  }

  #node(uuid: string): SimulatedNode {
    const found = this.#byUuid.get(uuid);
    if (!found) throw unreachable(uuid, 'there is no such node in the simulation');
    return found;
  }
}

/** UUIDs that are the same in every simulation. */
function nodeUuid(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

async function untilDeath({ underWay }: SimulatedNode, answer: Promise<unknown>): Promise<unknown> {
  const death = Promise.withResolvers<never>();
  underWay.add(death.reject);
  try {
    return await Promise.race([answer, death.promise]);
  } finally {
    underWay.delete(death.reject);
  }
}

const unreachable = (node: string, problem: string) => new GantryError('NODE_UNREACHABLE', { node, address: 'the simulation', problem });
