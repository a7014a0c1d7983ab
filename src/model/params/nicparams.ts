import { type Static, Type } from 'typebox';
import { orReset } from './reset.ts';

export const nicModes = ['bridged', 'routed', 'openvswitch'] as const;
export type NicMode = (typeof nicModes)[number];

/** Name of a bridge or a switch, or a routing table. Never an option of a program that is given it. */
const linkPattern = '^([a-zA-Z0-9_.:][a-zA-Z0-9_.:-]{0,14})?$';
export const NicLink = Type.String({ pattern: linkPattern });

/** Ganeti's form: `.5` untagged in VLAN 5, `:5:6` trunk of VLANs 5 and 6, `.5:6:7` both; empty: none. */
const vlanPattern = '^(\\.?\\d{1,4})?(:\\d{1,4})*$';
export const NicVlan = Type.String({ pattern: vlanPattern });

/** NIC parameters, complete. `link` is the bridge (bridged), the routing table (routed) or the switch (openvswitch). */
export const Nicparams = Type.Object(
  {
    mode: Type.Enum(nicModes),
    // What earlier versions took stays readable; what is asked for goes through `nicparamsProblem`.
    link: Type.String({ pattern: '^[a-zA-Z0-9_.:-]{0,15}$' }),
    vlan: Type.String({ pattern: '^[0-9.:]*$' }),
  },
  { additionalProperties: false },
);
export type Nicparams = Static<typeof Nicparams>;
export const NicparamsPartial = Type.Partial(Nicparams, { additionalProperties: false });
export type NicparamsPartial = Static<typeof NicparamsPartial>;
export const NicparamsChange = orReset(Nicparams);

export const defaultNicparams: Nicparams = { mode: 'bridged', link: 'br0', vlan: '' };

/** Tables that the kernel keeps for itself, by number and by name; `main` is the one that every node uses. */
const kernelTables = ['0', 'unspec', '253', 'default', '255', 'local', 'all', 'cache'];

/** What is wrong with NIC parameters whatever the node, or null. */
export function nicparamsProblem({ mode, link, vlan }: Nicparams): string | null {
  if (vlan !== '' && mode !== 'openvswitch') return `a VLAN can be set for NICs of mode openvswitch only, not ${mode}`;
  if (!new RegExp(linkPattern).test(link)) return `"${link}" is not the name of a device or a table`;
  if (!new RegExp(vlanPattern).test(vlan)) return `"${vlan}" is not of the form ".5", ":5:6" or ".5:6:7"`;
  if (vlan.split(/[.:]/).some((id) => id !== '' && !(Number(id) >= 1 && Number(id) <= 4094)))
    return `"${vlan}" has a VLAN that is not 1 to 4094`;
  if (mode !== 'routed') return link === '' ? `a NIC of mode ${mode} needs a link` : null;
  if (link !== '' && !/^([1-9]\d{0,8}|[a-zA-Z][\w.-]*)$/.test(link))
    return `"${link}" is neither the number nor the name of a routing table`;
  return kernelTables.includes(link) ? `the routing table "${link}" belongs to the kernel` : null;
}

/** The routing table that a link of a routed NIC means. */
export const routingTable = (link: string): string => (link === '' || link === '254' ? 'main' : link);
