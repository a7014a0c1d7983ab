import { defaultNdparams, Ndparams } from '../../model/index.ts';
import type { ConfigView } from '../view.ts';
import { type Field, fieldsOf } from './field.ts';
import { type FieldKind, nullable } from './value-types.ts';

const titles: Record<string, string> = {
  exclusive_storage: 'ExclusiveStorage',
  oob_program: 'OutOfBandProgram',
  ovs: 'OpenvSwitch',
  ovs_link: 'OpenvSwitchLink',
  ovs_name: 'OpenvSwitchName',
  spindle_count: 'SpindleCount',
};

function kindOf(name: string, value: unknown): FieldKind {
  if (name === 'cpu_speed') return 'float';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'number' : 'other';
}

/** One field for each node parameter, `ndp/ssh_port`. */
export function ndparamFields<Item>(get: (item: Item, view: ConfigView) => Ndparams | undefined): Field<Item>[] {
  const { computed } = fieldsOf<Item>();
  return (Object.keys(defaultNdparams) as (keyof Ndparams)[]).map((name) => {
    const type = { kind: kindOf(name, defaultNdparams[name]), schema: nullable(Ndparams.properties[name]) };
    return computed(
      `ndp/${name}`,
      titles[name] ?? `ndp/${name}`,
      type,
      `The node parameter "${name}"`,
      (item, view) => get(item, view)?.[name],
    );
  });
}
