import { GantryError, type QmpClient } from '../../../base/index.ts';
import { unprivileged } from '../../../host/index.ts';
import { requirePrivateVnc } from '../../../model/index.ts';
import type { StartRequest } from '../start-request.ts';
import { chooseAccelerator } from './accelerator-probe.ts';
import { buildCommandLine, hasVnc } from './command-line.ts';
import { endProcess, waitForEnd } from './end-process.ts';
import { forgetInstance } from './find-instance.ts';
import { handedSockets } from './handed-sockets.ts';
import { type InstanceFiles, requireShortPaths } from './instance-files.ts';
import { instanceUid } from './instance-uid.ts';
import { kvmGroups } from './kvm-groups.ts';
import { kvmParameters } from './kvm-parameters.ts';
import type { KvmParts } from './kvm-parts.ts';
import { type LaunchedQemu, launchQemu } from './launch-qemu.ts';
import { closeWorkDirectory, makeDirectories } from './make-directories.ts';
import { prepareHost } from './prepare-host.ts';
import { type Runtime, writeRuntime } from './runtime-file.ts';
import { forgetStopped } from './stopped-note.ts';

const startSeconds = 60;
/** A QEMU that closed its socket needs a moment to write why and to end. */
const dyingMs = 300;

/**
 * Starts QEMU for an instance that does not run here, up to the point where it waits: for the command to go on, or for
 * the state of another node. `ready` does the rest over QMP and gives what is to be remembered. When anything fails,
 * nothing is left.
 * @throws HYPERVISOR_START_FAILED with QEMU's own message, HYPERVISOR_MISSING
 */
export async function bringUp(
  parts: KvmParts,
  request: StartRequest,
  incoming: boolean,
  ready: (qmp: QmpClient) => Promise<Pick<Runtime, 'phase' | 'incoming'>>,
): Promise<Runtime> {
  const { spec } = request;
  const files = parts.files(spec);
  const fail = (problem: string, cause?: unknown) =>
    new GantryError('HYPERVISOR_START_FAILED', { name: spec.name, problem, log: files.log }, { cause });
  requireShortPaths(files);
  const draft = await planRuntime(parts, request);
  const [sockets, vnc] = [handedSockets(kvmParameters(spec)), hasVnc(spec)];
  await makeDirectories(files, draft.uid, vnc);
  // Written before the start, so that no process can exist that no file tells of.
  await writeRuntime(files.runtime, draft);
  await forgetStopped(parts, spec.uuid);
  let launched: LaunchedQemu | undefined;
  try {
    await prepareHost(request, draft.uid, parts.log);
    const command = await commandOf(parts, request, draft, incoming);
    launched = await launchQemu({ name: spec.name, command, files, sockets, now: parts.clock.now() });
    const started = { ...draft, process: launched.process };
    await writeRuntime(files.runtime, started);
    await waitForSocket(parts, launched, files);
    if (vnc) await closeWorkDirectory(files, draft.uid);
    if (sockets.includes('serial')) await parts.serialLines.hold(spec);
    const runtime = { ...started, ...(await parts.qmp.use(files, ready)) };
    await writeRuntime(files.runtime, runtime);
    return runtime;
  } catch (error) {
    const died = launched && (await waitForEnd(parts, launched.process, dyingMs));
    if (launched && !died) await endProcess(parts, spec, launched.process);
    await forgetInstance(parts, spec);
    if (launched && died) throw fail(await launched.message(), error);
    throw error instanceof GantryError ? error : fail((error as Error).message, error);
  }
}

async function planRuntime(parts: KvmParts, request: StartRequest): Promise<Runtime> {
  const { spec } = request;
  const hvparams = kvmParameters(spec);
  if (hasVnc(spec)) requirePrivateVnc(hvparams.vnc_bind_address);
  return {
    version: 1,
    layout: 2,
    uuid: spec.uuid,
    name: spec.name,
    process: null,
    machine: hvparams.machine_version || (await parts.facts.defaultMachine()),
    accelerator: hvparams.accelerator === 'auto' ? await chooseAccelerator(parts) : hvparams.accelerator,
    uid: instanceUid(parts.uidBase, spec),
    phase: 'starting',
    incoming: null,
    vnc: null,
    // The parameters of the operating system may hold passwords and are not needed to run it.
    request: { ...request, spec: { ...spec, osparams: {} } },
  };
}

async function commandOf(parts: KvmParts, request: StartRequest, runtime: Runtime, incoming: boolean): Promise<string[]> {
  const { machine, uid } = runtime;
  const accelerator = runtime.accelerator === 'kvm' ? 'kvm' : 'tcg';
  const qemu = [parts.qemuPath, ...buildCommandLine(request, { machine, accelerator, incoming })];
  return unprivileged(uid, qemu, accelerator === 'kvm' ? await kvmGroups() : []);
}

/** Waits until QEMU serves its control socket. @throws Error when it ends before, or takes too long */
async function waitForSocket(parts: KvmParts, launched: LaunchedQemu, files: InstanceFiles): Promise<void> {
  const deadline = parts.clock.now() + startSeconds * 1000;
  while (!launched.ended()) {
    try {
      return await parts.qmp.use(files, async () => {}, { connectMs: startSeconds * 1000 });
    } catch (error) {
      if (!(error instanceof GantryError) || error.code !== 'HYPERVISOR_QMP_LOST') throw error;
    }
    if (parts.clock.now() > deadline) throw new Error(`QEMU did not open its control socket within ${startSeconds} s`);
    await parts.clock.sleep(25);
  }
  throw new Error('QEMU ended');
}
