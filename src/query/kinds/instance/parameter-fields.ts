import { type TProperties, Type } from 'typebox';
import {
  Beparams,
  BeparamsPartial,
  builtHypervisors,
  fillBeparams,
  fillHvparams,
  hypervisorRow,
  type Instance,
  Nic,
  redactSealed,
} from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import { always, type FieldKind, listOf, other, Parameters, typeOf, type ValueType } from '../../fields/value-types.ts';
import type { ConfigView } from '../../view.ts';
import { ganetiHvFields, migrationOnlyHvparams } from './ganeti-hv-fields.ts';

const { stored, computed } = fieldsOf<Instance>();

const osValues = Type.Record(Type.String(), Type.String());

/** All hypervisor parameters of an instance, without those that only matter to a migration. */
function instanceHvparams(instance: Instance, { config }: ConfigView): Record<string, unknown> {
  if (!hypervisorRow(instance.hypervisor).built) return { ...instance.hvparams };
  const filled = fillHvparams(config.cluster, instance.hypervisor, instance.os, instance.hvparams);
  return Object.fromEntries(Object.entries(filled).filter(([name]) => !migrationOnlyHvparams.includes(name)));
}

/** By Ganeti's rule private parameters are no part of this. */
const osparams = (instance: Instance, { config }: ConfigView) => {
  const [base = ''] = instance.os.split('+');
  return redactSealed({ ...config.cluster.osparams[base], ...config.cluster.osparams[instance.os], ...instance.osparams });
};
const privateOsparams = ({ os, osparams_private: own }: Instance, { config }: ConfigView) => {
  const [base = ''] = os.split('+');
  const all = config.cluster.osparams_private_cluster ?? {};
  return redactSealed({ ...all[base], ...all[os], ...own });
};

const families: readonly Field<Instance>[] = [
  computed('hvparams', 'HypervisorParameters', other(Parameters), 'Hypervisor parameters with all defaults', instanceHvparams),
  computed('beparams', 'BackendParameters', other(Beparams), 'Backend parameters with all defaults', (i, { config }) =>
    fillBeparams(config.cluster, i),
  ),
  computed('osparams', 'OpSysParameters', other(osValues), 'OS parameters with all defaults', osparams),
  stored('custom_hvparams', 'CustomHypervisorParameters', other(Parameters), 'Hypervisor parameters of its own', (i) => i.hvparams),
  stored('custom_beparams', 'CustomBackendParameters', other(BeparamsPartial), 'Backend parameters of its own', (i) => i.beparams),
  stored('custom_osparams', 'CustomOpSysParameters', other(osValues), 'OS parameters of its own', (i) => redactSealed(i.osparams)),
  computed(
    'osparams_private',
    'PrivateOpSysParameters',
    other(osValues),
    'Names of its private OS parameters, without their values',
    privateOsparams,
  ),
  stored('custom_nicparams', 'CustomNicParameters', listOf(Nic.properties.nicparams), 'NIC parameters of its own', (i) =>
    i.nics.map((nic) => nic.nicparams),
  ),
];

const beFields = [
  ['be/always_failover', 'be/always_failover', always('bool'), 'always_failover'],
  ['be/auto_balance', 'Auto_balance', always('bool'), 'auto_balance'],
  ['be/maxmem', 'ConfigMaxMem', always('unit'), 'maxmem'],
  ['be/memory', 'ConfigMaxMem', always('unit'), 'maxmem'],
  ['be/minmem', 'ConfigMinMem', always('unit'), 'minmem'],
  ['be/spindle_use', 'be/spindle_use', always('number'), 'spindle_use'],
  ['be/vcpus', 'ConfigVCPUs', always('number'), 'vcpus'],
  ['vcpus', 'ConfigVCPUs', always('number'), 'vcpus'],
] as const;

/** Values of a hypervisor parameter, by the schemas of the hypervisors that have it. */
function hvType(param: string, kind: FieldKind): ValueType {
  const schemas = builtHypervisors.flatMap((name) => (hypervisorRow(name).schema.properties as TProperties)[param] ?? []);
  return schemas.length === 0 ? typeOf(kind) : { kind, schema: Type.Union([...schemas, Type.Null()]) };
}

/** Parameters of an instance: whole families, and each one alone. */
export const parameterFields: readonly Field<Instance>[] = [
  ...families,
  ...beFields.map(([name, title, type, param]) =>
    computed<ValueType>(name, title, type, `The backend parameter "${param}"`, (i, { config }) => fillBeparams(config.cluster, i)[param]),
  ),
  ...ganetiHvFields().map(([param, title, kind]) =>
    computed(
      `hv/${param}`,
      title,
      hvType(param, kind),
      `The hypervisor parameter "${param}"`,
      (i, view) => instanceHvparams(i, view)[param] ?? null,
    ),
  ),
];
