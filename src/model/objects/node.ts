import { type Static, Type } from 'typebox';
import { NdparamsPartial } from '../params/ndparams.ts';
import { commonFields, Name, Uuid } from './common.ts';

/** A certificate by its serial number, hex, with its end, seconds since 1970. */
export const SignedCertificateRecord = Type.Object({ serial: Type.String({ pattern: '^[0-9a-f]{1,64}$' }), expires: Type.Number() });
export type SignedCertificateRecord = Static<typeof SignedCertificateRecord>;

/** A host of the cluster. */
export const Node = Type.Object({
  ...commonFields,
  name: Name,
  primary_ip: Type.String({ description: 'Address of the node agent' }),
  secondary_ip: Type.String({ description: 'Address for replication and migration' }),
  /** TCP port of the node agent. */
  agent_port: Type.Integer({ minimum: 1, maximum: 65535 }),
  group: Uuid,
  master_candidate: Type.Boolean(),
  master_capable: Type.Boolean(),
  vm_capable: Type.Boolean(),
  offline: Type.Boolean({ description: 'Is not contacted' }),
  drained: Type.Boolean({ description: 'Gets no new instances' }),
  powered: Type.Boolean(),
  ndparams: NdparamsPartial,
  /** SHA-256 of the node's certificate public key, hex; the only key that is accepted for this node. Empty: it has not joined yet. */
  certificate_fingerprint: Type.String(),
  /** Every certificate that was signed for it and has not ended: with the node they are revoked. */
  certificates: Type.Optional(Type.Array(SignedCertificateRecord)),
});
export type Node = Static<typeof Node>;

/** Whether its agent was ever let in; until then the node is only configured, and offline. */
export const hasJoined = ({ certificate_fingerprint: key }: Pick<Node, 'certificate_fingerprint'>): boolean => key !== '';

/** Ganeti's one-letter role: master, candidate, regular, drained, offline. */
export function nodeRole(
  node: Pick<Node, 'uuid' | 'offline' | 'drained' | 'master_candidate'>,
  masterUuid: string,
): 'M' | 'C' | 'R' | 'D' | 'O' {
  if (node.uuid === masterUuid) return 'M';
  if (node.offline) return 'O';
  if (node.drained) return 'D';
  return node.master_candidate ? 'C' : 'R';
}
