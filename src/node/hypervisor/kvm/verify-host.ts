import { type ErrorCode, GantryError, type JsonObject } from '../../../base/index.ts';
import type { VerifyProblem as Problem } from '../../../rpc/index.ts';
import { probeAccelerator } from './accelerator-probe.ts';
import { findInstance } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import { listInstanceDirectories } from './runtime-file.ts';

/** Problems of QEMU on this node: missing program, no acceleration, leftovers of instances. */
export async function verifyHost(parts: KvmParts): Promise<Problem[]> {
  return [...(await verifyProgram(parts)), ...(await verifyLeftovers(parts))];
}

async function verifyProgram(parts: KvmParts): Promise<Problem[]> {
  try {
    await parts.facts.defaultMachine();
    const { problem } = await probeAccelerator(parts);
    return problem === null ? [] : [{ ...describe('HYPERVISOR_NOT_ACCELERATED', 'kvm', { problem }), severity: 'warning' }];
  } catch (error) {
    const { code, what, todo } = GantryError.from(error).toReport();
    return [{ code, subject: 'kvm', text: what, todo }];
  }
}

async function verifyLeftovers(parts: KvmParts): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const uuid of await listInstanceDirectories(parts.runDir)) {
    const problem = await leftover(parts, uuid);
    if (problem) problems.push(describe('HYPERVISOR_LEFTOVER', problem.name, problem));
  }
  return problems;
}

async function leftover(parts: KvmParts, uuid: string): Promise<{ name: string; problem: string; log: string } | undefined> {
  const log = (name: string) => parts.files({ uuid, name }).log;
  try {
    const found = await findInstance(parts, { uuid, name: uuid });
    if (!found) return { name: uuid, problem: 'a directory without a runtime file', log: log('*') };
    const { name, phase } = found.runtime;
    if (found.process || phase === 'off') return undefined;
    const what = phase === 'running' ? 'its QEMU is gone although nobody stopped it' : `its QEMU is gone in the phase "${phase}"`;
    return { name, problem: what, log: log(name) };
  } catch (error) {
    return { name: uuid, problem: `its runtime file cannot be read: ${(error as Error).message}`, log: log('*') };
  }
}

function describe(code: ErrorCode, subject: string, facts: JsonObject): Problem {
  const { what, todo } = new GantryError(code, facts).toReport();
  return { code, subject, text: what, todo };
}
