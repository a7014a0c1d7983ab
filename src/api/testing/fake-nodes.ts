import type { CallOptions, InstanceRuntime, JobNodeCaller, OsInfo, RpcName, RpcParams } from '../../rpc/index.ts';
import { capturedNodeInfo, capturedRuntimes } from './captured-cluster.ts';

/** Nodes that say what was captured, and do nothing with success. */
export interface FakeNodes extends JobNodeCaller {
  /** What runs on each node, by its UUID; tests change it. */
  readonly running: Map<string, InstanceRuntime[]>;
  readonly oses: OsInfo[];
}

const os = (name: string, variants: string[], valid = true): OsInfo => ({
  name,
  path: `/os/${name}`,
  valid,
  problem: valid ? null : 'no create script',
  api_versions: [20],
  variants,
  parameters: [['size', 'how large']],
});

export function fakeNodes(): FakeNodes {
  const infos = capturedNodeInfo();
  const running = capturedRuntimes();
  const oses = [os('noop', []), os('debian', ['minimal', 'full']), os('broken', [], false)];

  function answer(node: string, method: RpcName, params: unknown): unknown {
    const info = infos.get(node);
    if (!info) throw new Error(`no node ${node}`);
    const here = running.get(node) ?? [];
    if (method === 'node-info') return info;
    if (method === 'instance-list') return here;
    if (method === 'instance-check') return {};
    if (method === 'os-list') return oses;
    if (method === 'node-verify') return { problems: [] };
    if (method === 'disk-list') return [];
    if (method === 'instance-console') return { serial_socket: '/run/serial', vnc: null };
    if (method === 'instance-stop') {
      const { uuid } = params as RpcParams<'instance-stop'>;
      running.set(
        node,
        here.filter((one) => one.uuid !== uuid),
      );
      return { changed: true, graceful: true };
    }
    if (method === 'instance-start') {
      const { instance } = params as RpcParams<'instance-start'>;
      const { uuid, name, hypervisor, memory, vcpus } = instance;
      running.set(node, [...here, { uuid, name, hypervisor, state: 'running', memory, vcpus, cpu_seconds: 0, pid: null }]);
    }
    return method === 'os-install' ? { log: '' } : { changed: true };
  }

  return {
    running,
    oses,
    call: (async (node: string, method: RpcName, params: unknown, options?: CallOptions) => {
      options?.signal?.throwIfAborted();
      return answer(node, method, params);
    }) as JobNodeCaller['call'],
    cancelStep: async () => undefined,
  };
}
