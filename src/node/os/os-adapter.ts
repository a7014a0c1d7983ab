import { join } from 'node:path';
import { boundedFileName, GantryError } from '../../base/index.ts';
import type { HandlerContext, InstanceSpec } from '../../rpc/index.ts';
import type { OsInstallRequest, OsPort } from '../os-port.ts';
import { listOsDefinitions, loadOsDefinition, type OsDefinition, type OsScript, osVariantOf } from './os-definition.ts';
import { definitionEnvironment, type Environment, instanceEnvironment } from './os-environment.ts';
import { withRawDisks } from './raw-disk-view.ts';
import { type OsScriptRequest, runOsScript } from './run-os-script.ts';

export interface OsAdapterOptions {
  /** Folders with OS definitions, searched in order. */
  readonly searchPath: readonly string[];
  /** Output of the scripts goes to files in its subfolder `os`. */
  readonly logDir: string;
  /** Run-time folder for the raw views of qcow2 disks. */
  readonly workDir: string;
  /** Where the `image` OS may read images; its default is /srv/gantry/images. */
  readonly imageDir?: string;
  /** Longest time of one script; default an hour. */
  readonly scriptTimeoutMs?: number;
}

interface GivenParameters {
  readonly osparams: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
}

type DiskRequest = Omit<OsInstallRequest, 'reinstall'> & { readonly index: number; readonly descriptor: number };

/** The OS port, and the scripts that backup, restore and rename need. Each may throw what `install` throws. */
export interface OsAdapter extends OsPort {
  /** Writes a dump of disk `index` to an open file descriptor. */
  exportDisk(request: DiskRequest, context: HandlerContext): Promise<{ log: string }>;
  /** Restores disk `index` from a dump that the file descriptor gives. */
  importDisk(request: DiskRequest, context: HandlerContext): Promise<{ log: string }>;
  /** Tells the guest's system its new name; `instance` has the new one. */
  rename(request: Omit<OsInstallRequest, 'reinstall'> & { readonly oldName: string }, context: HandlerContext): Promise<{ log: string }>;
}

export function createOsAdapter(options: OsAdapterOptions): OsAdapter {
  const { searchPath, logDir, workDir, scriptTimeoutMs = 3_600_000 } = options;
  const ours: Environment = options.imageDir === undefined ? {} : { GANTRY_IMAGE_DIR: options.imageDir };
  const logPathOf = (script: OsScript, subject: string): string => {
    const stamp = new Date().toISOString().replaceAll(':', '-');
    return join(logDir, 'os', boundedFileName(`${script}-${subject}`, `-${stamp}.log`));
  };

  const verify = async (definition: OsDefinition, os: string, given: GivenParameters, forceVariant: boolean): Promise<void> => {
    const osparams = { ...given.osparams, ...given.secrets };
    if (!forceVariant) checkVariant(definition, os);
    if ((definition.apiVersions[0] ?? 0) < 20) return;
    checkParameterNames(definition, osparams);
    const environment = { ...definitionEnvironment(definition, os, osparams, 0), ...ours };
    const request: OsScriptRequest = {
      secrets: Object.values(given.secrets ?? {}),
      ...{ definition, script: 'verify', args: ['parameters'], environment, subject: 'its parameters' },
      // Asked often and of no interest afterwards, so one file is enough.
      ...{ logPath: join(logDir, 'os', boundedFileName(`verify-${definition.name}`, '.log')), timeoutMs: 60_000 },
    };
    await runOsScript(request, { progress: () => undefined, signal: new AbortController().signal }).catch((thrown) => {
      const problem = thrown instanceof GantryError && thrown.code === 'OS_SCRIPT_FAILED' ? thrown.facts['output'] : undefined;
      throw problem === undefined ? thrown : new GantryError('OS_PARAMETERS_REFUSED', { os: definition.name, problem }, { cause: thrown });
    });
  };

  type ScriptWork = Omit<OsInstallRequest, 'reinstall'> & {
    readonly script: OsScript;
    readonly extra: (disks: readonly { readonly path: string }[]) => Environment;
    readonly input?: number;
    readonly output?: number;
  };

  const runOn = async (work: ScriptWork, context: HandlerContext): Promise<{ log: string }> => {
    const { instance, script } = work;
    const definition = await loadOsDefinition(searchPath, instance.os);
    return withRawDisks(work.disks, workDir, async (disks) => {
      const osparams = { ...instance.osparams, ...work.secrets };
      const environment = {
        ...instanceEnvironment(definition, { ...instance, osparams }, disks, work.debug),
        ...work.extra(disks),
        ...ours,
      };
      const logPath = logPathOf(script, `${instance.os}-${instance.name}`);
      const descriptors = {
        ...(work.input !== undefined && { input: work.input }),
        ...(work.output !== undefined && { output: work.output }),
      };
      const secrets = Object.values(work.secrets ?? {});
      const request = {
        definition,
        script,
        environment,
        secrets,
        subject: instance.name,
        logPath,
        timeoutMs: scriptTimeoutMs,
        ...descriptors,
      };
      return { log: await runOsScript(request, context) };
    });
  };

  const diskVariables = (prefix: 'EXPORT' | 'IMPORT', index: number, disks: readonly { readonly path: string }[]): Environment => {
    const path = disks[index]?.path;
    if (path === undefined) throw new GantryError('OS_DISK_FAILED', { disk: String(index), problem: 'the instance has no such disk' });
    return { [`${prefix}_DEVICE`]: path, [`${prefix}_DISK_PATH`]: path, [`${prefix}_INDEX`]: String(index) };
  };

  return {
    list: () => listOsDefinitions(searchPath),

    verifyParams: async ({ os, osparams, secret_osparams: secrets = {}, force_variant }) => {
      await verify(await loadOsDefinition(searchPath, os), os, { osparams, secrets }, force_variant);
    },

    install: async (request, context) => {
      const { instance, secrets = {} } = request;
      const { os, osparams } = instance;
      // A variant that was forced at creation is not checked again.
      await verify(await loadOsDefinition(searchPath, os), os, { osparams, secrets }, true);
      const extra = (): Environment => (request.reinstall ? { INSTANCE_REINSTALL: '1' } : {});
      return runOn({ ...request, script: 'create', extra }, context);
    },

    exportDisk: (request, context) =>
      runOn(
        { ...request, script: 'export', output: request.descriptor, extra: (disks) => diskVariables('EXPORT', request.index, disks) },
        context,
      ),

    importDisk: (request, context) =>
      runOn(
        { ...request, script: 'import', input: request.descriptor, extra: (disks) => diskVariables('IMPORT', request.index, disks) },
        context,
      ),

    rename: (request, context) => runOn({ ...request, script: 'rename', extra: () => ({ OLD_INSTANCE_NAME: request.oldName }) }, context),
  };
}

/** Unlike Ganeti, a missing variant is not refused: the first declared one is used, which scripts get there as well. */
function checkVariant(definition: OsDefinition, os: InstanceSpec['os']): void {
  const variant = osVariantOf(os);
  if (variant === '' || definition.variants.includes(variant)) return;
  const problem = definition.variants.length === 0 ? 'it has no variants' : `it has no variant "${variant}"`;
  throw new GantryError('OS_VARIANT_INVALID', { os: definition.name, problem, variants: definition.variants.join(', ') || 'none' });
}

function checkParameterNames(definition: OsDefinition, osparams: Record<string, string>): void {
  const known = definition.parameters.map(([name]) => name);
  const parameter = Object.keys(osparams).find((name) => !known.includes(name));
  if (parameter === undefined) return;
  throw new GantryError('OS_PARAMETER_UNKNOWN', { os: definition.name, parameter, available: known.join(', ') || 'none' });
}
