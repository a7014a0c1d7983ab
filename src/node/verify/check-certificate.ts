import { finding } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

export const checkCertificate: NodeCheck = async ({ certificates }) =>
  certificates.needsRenewal() ? [finding('VERIFY_CERTIFICATE_OLD', 'certificate of the node', {})] : [];
