import { certificateEnd } from './certificate-end.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Certificates of agents that end soon; those that have ended let nobody connect any more. */
export const checkNodeCertificates: AnswerCheck = function* ({ live, now }, { node }) {
  const expires = live.node(node.uuid)?.info.certificate_expires;
  if (expires !== undefined) yield* certificateEnd(`node ${node.name}: certificate of the node`, expires * 1000, now);
};
