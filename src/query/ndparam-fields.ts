import { defaultNdparams, Ndparams } from '../model/index.ts';
import { type Field, field } from './field.ts';
import { type FieldKind, nullable, type TypedKind } from './field-kinds.ts';
import type { View } from './view.ts';

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

const typedKindOf = (name: string, value: unknown): TypedKind => ({
  kind: kindOf(name, value),
  schema: nullable(Ndparams.properties[name as keyof Ndparams]),
});

/** One field for each node parameter, `ndp/ssh_port`. */
export function ndparamFields<Item>(get: (item: Item, view: View) => Ndparams | undefined): Field<Item>[] {
  return Object.entries(defaultNdparams).map(([name, value]) =>
    field(`ndp/${name}`, titles[name] ?? `ndp/${name}`, typedKindOf(name, value), `The node parameter "${name}"`, (item, view) => {
      const params = get(item, view);
      return params?.[name as keyof Ndparams];
    }),
  );
}
