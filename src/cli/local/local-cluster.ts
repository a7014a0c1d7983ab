import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, writeFileAtomic } from '../../base/index.ts';
import { type LocalNodePaths, type LocalPaths, localNodePaths, localPaths, runRoot } from './local-paths.ts';

/** What a cluster on this host is made of; kept in its state directory. */
export interface LocalDescription {
  readonly version: 1;
  readonly name: string;
  readonly nodes: number;
  /** TCP port of the REST API on the loopback of the host. */
  readonly port: number;
  /** 0 to 199: tells the addresses and the user ids of clusters on one host apart. */
  readonly slot: number;
  /** `making` until the first start was complete; what is found so was left by a start that was killed. */
  readonly phase: 'making' | 'made';
}

export interface LocalNode {
  readonly name: string;
  /** On the management network. */
  readonly address: string;
  /** Of the node's bridge, on the network of the instances. */
  readonly bridgeAddress: string;
  readonly paths: LocalNodePaths;
}

/** A description with everything that follows from it. */
export interface LocalCluster extends LocalDescription {
  readonly paths: LocalPaths;
  readonly members: readonly LocalNode[];
  /** First user id of its instances. */
  readonly uidBase: number;
}

export const agentPort = 1811;
export const monitorPort = 1815;
/** Of the process of a node's monitoring agent. */
export const monitorName = ({ name }: Pick<LocalNode, 'name'>): string => `monitor-${name}`;
/** Of the network in which instances get addresses. */
export const lanName = 'lan';
export const lanCidr = ({ slot }: Pick<LocalDescription, 'slot'>): string => `10.78.${slot}.0/${prefixLength}`;
export const prefixLength = 24;
const slots = 200;
const uidsPerCluster = 8192;

/** @param description as `readDescription` found it or `newDescription` made it */
export function localCluster(description: LocalDescription, paths = localPaths(description.name)): LocalCluster {
  const { slot, nodes } = description;
  const members = Array.from({ length: nodes }, (_, index) => {
    const name = `node${index + 1}`;
    return {
      name,
      address: `10.77.${slot}.${index + 1}`,
      bridgeAddress: `10.78.${slot}.${index + 1}`,
      paths: localNodePaths(paths, name),
    };
  });
  return { ...description, paths, members, uidBase: 200_000 + slot * uidsPerCluster };
}

/** The description in the state directory, or undefined where there is none. @throws LOCAL_STATE_UNREADABLE */
export async function readDescription(paths: LocalPaths, name: string): Promise<LocalDescription | undefined> {
  const path = paths.description;
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as LocalDescription;
    if (value.version !== 1) throw new Error(`it has version ${String(value.version)}, which this Gantry does not know`);
    if (![value.nodes, value.port, value.slot].every(Number.isInteger)) throw new Error('it is not complete');
    return value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GantryError('LOCAL_STATE_UNREADABLE', { path, name, detail: (error as Error).message }, { cause: error });
  }
}

export async function writeDescription(paths: LocalPaths, description: LocalDescription): Promise<void> {
  await writeFileAtomic(paths.description, `${JSON.stringify(description, null, 2)}\n`, 0o644);
}

/** A slot that follows from the name, or the next one that no running cluster has. */
export async function chooseSlot(name: string): Promise<number> {
  const wanted = createHash('sha256').update(name).digest().readUInt16BE(0) % slots;
  const taken = await takenSlots();
  for (let step = 0; step < slots; step++) {
    const slot = (wanted + step) % slots;
    if (!taken.has(slot)) return slot;
  }
  return wanted;
}

/** Each running cluster has a copy of its description in its run-time directory, whatever its home is. */
async function takenSlots(): Promise<Set<number>> {
  const taken = new Set<number>();
  for (const name of await readdir(runRoot).catch(() => [] as string[])) {
    const text = await readFile(runDescription(join(runRoot, name)), 'utf8').catch(() => undefined);
    if (text !== undefined) taken.add((JSON.parse(text) as RunDescription).slot);
  }
  return taken;
}

/**
 * Two clusters of one name cannot run side by side, wherever they keep their state.
 * @throws LOCAL_CLUSTER_DIFFERS
 */
export async function requireSameHome(name: string, { runDir, stateDir }: LocalPaths): Promise<void> {
  const text = await readFile(runDescription(runDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const found = text === undefined ? stateDir : (JSON.parse(text) as RunDescription).stateDir;
  if (found !== stateDir) throw new GantryError('LOCAL_CLUSTER_DIFFERS', { name, field: 'its state in', found, wanted: stateDir });
}

/** What is told of a running cluster in its run-time directory. */
export interface RunDescription {
  readonly slot: number;
  /** Its state directory. */
  readonly stateDir: string;
}

export const runDescription = (runDir: string): string => join(runDir, 'cluster.json');
