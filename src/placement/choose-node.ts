/** What a new or moved instance needs; MiB. */
export interface PlacementRequest {
  readonly memory: number;
  readonly disk: number;
  readonly vcpus: number;
}

/** A node as simple placement sees it; MiB. `refusal` says why it is out from the start. */
export interface PlacementNode {
  readonly name: string;
  readonly memoryTotal: number;
  readonly memoryFree: number;
  readonly diskTotal: number;
  readonly diskFree: number;
  readonly vcpus: number;
  readonly vcpusUsed: number;
  /** Allowed virtual per physical processors. */
  readonly vcpuRatio: number;
  readonly refusal: string | null;
}

export interface PlacementChoice {
  /** Index of the chosen node, or -1. */
  readonly index: number;
  /** Why each refused node was refused, by name. */
  readonly refusals: ReadonlyMap<string, string>;
}

/**
 * Chooses the node that keeps the largest smallest share of free memory, disk and processors; of equals the one that keeps
 * most in all, then the first by name. The same input gives the same choice.
 */
export function chooseNode(nodes: readonly PlacementNode[], request: PlacementRequest): PlacementChoice {
  const refusals = new Map<string, string>();
  let best = -1;
  let bestShares: Shares = { least: Number.NEGATIVE_INFINITY, sum: Number.NEGATIVE_INFINITY };
  nodes.forEach((node, index) => {
    const refusal = node.refusal ?? shortage(node, request);
    if (refusal) {
      refusals.set(node.name, refusal);
      return;
    }
    const shares = freeShares(node, request);
    const order = shares.least - bestShares.least || shares.sum - bestShares.sum;
    if (order > 0 || (order === 0 && node.name < (nodes[best]?.name ?? ''))) {
      best = index;
      bestShares = shares;
    }
  });
  return { index: best, refusals };
}

/** What would be left free on a node, each resource as a part of its total. */
interface Shares {
  readonly least: number;
  readonly sum: number;
}

function shortage(node: PlacementNode, request: PlacementRequest): string | null {
  if (node.memoryFree < request.memory) return `${request.memory} MiB of memory wanted, ${node.memoryFree} free`;
  if (request.disk > 0 && node.diskFree < request.disk) return `${request.disk} MiB of disk wanted, ${node.diskFree} free`;
  const limit = Math.floor(node.vcpus * node.vcpuRatio);
  if (node.vcpusUsed + request.vcpus > limit)
    return `${request.vcpus} virtual processors wanted, ${limit - node.vcpusUsed} of ${limit} left`;
  return null;
}

function freeShares(node: PlacementNode, request: PlacementRequest): Shares {
  const memory = (node.memoryFree - request.memory) / Math.max(1, node.memoryTotal);
  const disk = request.disk === 0 ? 1 : (node.diskFree - request.disk) / Math.max(1, node.diskTotal);
  const limit = node.vcpus * node.vcpuRatio;
  const cpu = (limit - node.vcpusUsed - request.vcpus) / Math.max(1, limit);
  return { least: Math.min(memory, disk, cpu), sum: memory + disk + cpu };
}
