import { GantryError } from '../../base/index.ts';
import { finding, type VerifyProblem } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

export const checkHypervisors: NodeCheck = async (parts, { hypervisors }) => {
  const perHypervisor = hypervisors.map(async (name): Promise<VerifyProblem[]> => {
    const hypervisor = parts.hypervisors.get(name);
    const subject = `hypervisor ${name}`;
    if (!hypervisor) return [finding('VERIFY_HYPERVISOR_MISSING', subject, {})];
    try {
      return (await hypervisor.verify()).map((problem) => ({ ganeti_code: 'ENODEHV', ...problem }));
    } catch (error) {
      const { code, what, todo } = GantryError.from(error).toReport();
      return [{ code, subject, text: what, todo, ganeti_code: 'ENODEHV' }];
    }
  });
  return (await Promise.all(perHypervisor)).flat();
};
