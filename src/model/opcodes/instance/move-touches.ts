/** What a move of an instance to another node touches. */
export const moveTouches = (params: { instance_name: string; target_node?: string | null }) =>
  [
    { kind: 'instance', name: params.instance_name, mode: 'exclusive' },
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    ...(params.target_node ? [{ kind: 'node', name: params.target_node, mode: 'shared' } as const] : []),
  ] as const;
