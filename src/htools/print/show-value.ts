import { diskTemplateRow } from '../../model/disk-templates/catalogue.ts';
import { type FailMode, failNames, type InstancePolicy, type InstanceSpec } from '../../placement/index.ts';
import { showReal } from './format-number.ts';

/** Values in the notation of Ganeti's language, which its programs print when asked to say much. */
export const showString = (text: string): string => JSON.stringify(text);

export const showList = (items: readonly string[]): string => `[${items.join(',')}]`;

/** Whether a node keeps its policy. */
export const showHealth = (reason: FailMode): string => (reason === 0 ? 'Ok ()' : `Bad ${failNames[reason]}`);

export function showPolicy({ ranges, std, diskTemplates, vcpuRatio, spindleRatio }: InstancePolicy): string {
  const pairs = ranges.map(
    ({ min, max }) => `MinMaxISpecs {minMaxISpecsMinSpec = ${showSpec(min)}, minMaxISpecsMaxSpec = ${showSpec(max)}}`,
  );
  return record('IPolicy', [
    `iPolicyMinMaxISpecs = ${showList(pairs)}`,
    `iPolicyStdSpec = ${showSpec(std)}`,
    `iPolicyDiskTemplates = ${showList(diskTemplates.map((template) => diskTemplateRow(template).ganetiName ?? template))}`,
    `iPolicyVcpuRatio = ${showReal(vcpuRatio)}`,
    `iPolicySpindleRatio = ${showReal(spindleRatio)}`,
  ]);
}

function showSpec({ memory, vcpus, disk, diskCount, nicCount, spindleUse }: InstanceSpec): string {
  return record('ISpec', [
    `iSpecMemorySize = ${memory}`,
    `iSpecCpuCount = ${vcpus}`,
    `iSpecDiskSize = ${disk}`,
    `iSpecDiskCount = ${diskCount}`,
    `iSpecNicCount = ${nicCount}`,
    `iSpecSpindleUse = ${spindleUse}`,
  ]);
}

const record = (name: string, fields: readonly string[]): string => `${name} {${fields.join(', ')}}`;
