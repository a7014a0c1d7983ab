import { GantryError } from '../../../base/index.ts';
import type { HandlerContext } from '../../../rpc/index.ts';
import type { StartRequest } from '../start-request.ts';
import { bringUp } from './bring-up.ts';
import { endProcess } from './end-process.ts';
import { brokenStates, findInstance, forgetInstance, queryStatus } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import { continueStalled } from './resume-instance.ts';
import { writeRuntime } from './runtime-file.ts';

/** Starts an instance; what runs already is left alone, what was left in between is completed or cleared. */
export function startInstance(parts: KvmParts, request: StartRequest, context: HandlerContext): Promise<{ changed: boolean }> {
  return parts.exclusively(request.spec.uuid, async () => {
    const previous = await settlePrevious(parts, request);
    if (previous !== 'nothing') return { changed: previous === 'continued' };
    context.signal.throwIfAborted();
    context.progress({ text: 'starting QEMU' });
    await bringUp(parts, request, false, async (qmp) => {
      await qmp.execute('cont');
      return { phase: 'running', incoming: null };
    });
    return { changed: true };
  });
}

/** What an earlier start left: a running machine, one that only waits to go on, or (after clearing) nothing. */
async function settlePrevious(parts: KvmParts, { spec }: StartRequest): Promise<'runs' | 'continued' | 'nothing'> {
  const found = await findInstance(parts, spec);
  if (found?.process) {
    const files = parts.files(spec);
    const { runtime: path, log } = files;
    const status = await parts.qmp.use(files, async (client) => {
      const now = await queryStatus(client);
      if (now === 'prelaunch') await client.execute('cont');
      if (now === 'io-error') await continueStalled(parts, found.runtime, client);
      return now;
    });
    if (status === 'inmigrate') {
      const problem = 'this node is waiting for it to be migrated here';
      throw new GantryError('HYPERVISOR_START_FAILED', { name: spec.name, problem, log });
    }
    if (status === 'prelaunch') {
      const { cpuSeconds: _, ...process } = found.process;
      await writeRuntime(path, { ...found.runtime, process, phase: 'running' });
      return 'continued';
    }
    if (status === 'io-error') return 'continued';
    if (status !== 'shutdown' && !brokenStates.includes(status)) return 'runs';
    await endProcess(parts, spec, found.process);
  }
  if (found) await forgetInstance(parts, spec);
  return 'nothing';
}
