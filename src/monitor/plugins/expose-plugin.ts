import { endings, type FamilyHead, type FamilySamples, formatLabels, formatNumber, GantryError } from '../../base/index.ts';
import { namesOfFamily } from './family-names.ts';
import { ownLabels } from './label-names.ts';
import type { TextFamily } from './parse-prometheus-text.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import type { Sample } from './plugin-schemas.ts';

/** The metrics of plugins begin so, but for those of files in Prometheus's format. */
const prefix = 'gantry_plugin_';

/** The data of a plugin's report, as the agent serves them. */
export interface PluginData {
  readonly [key: string]: unknown;
  readonly metrics?: readonly Sample[];
  /** Of a file in Prometheus's format. */
  readonly families?: readonly TextFamily[];
}

/** Families with their samples out of a plugin's data, each sample once. @throws MONITOR_PLUGIN_REPORT_INVALID */
export function exposePlugin(definition: PluginDefinition, { metrics = [], families }: PluginData): FamilySamples[] {
  if (families) {
    return families.map(({ samples, ...head }) => ({
      family: head.name,
      head: { ...head, help: head.help || helpFrom(definition) },
      text: samples.map(({ name, labels, value }) => `${name}${formatLabels(Object.entries(labels))} ${value}\n`).join(''),
    }));
  }
  const byFamily = new Map<string, { head: FamilyHead; lines: Map<string, string> }>();
  for (const sample of metrics) {
    const { head, labels } = familyOf(definition, sample);
    const family = byFamily.get(head.name) ?? { head, lines: new Map<string, string>() };
    byFamily.set(head.name, family);
    // To Prometheus a label without a value is none.
    const told = formatLabels(labels.filter(([, value]) => value !== ''));
    if (family.lines.has(told)) throw invalid(definition, `the metric ${sample.name} occurs twice with the labels ${told || '(none)'}`);
    const ending = head.type === 'counter' || head.type === 'info' ? endings[head.type] : '';
    family.lines.set(told, `${head.name}${ending}${formatLabels(labels)} ${formatNumber(sample.value)}\n`);
  }
  return [...byFamily.values()].map(({ head, lines }) => ({ family: head.name, head, text: [...lines.values()].join('') }));
}

/** Of a metric that says nothing about itself. */
const helpFrom = ({ name }: PluginDefinition): string => `Of plugin ${name}.`;

const invalid = ({ name }: PluginDefinition, problem: string) => new GantryError('MONITOR_PLUGIN_REPORT_INVALID', { name, problem });

type Labels = readonly (readonly [name: string, value: string])[];

function familyOf(definition: PluginDefinition, { name, labels: given = {} }: Sample): { head: FamilyHead; labels: Labels } {
  const { metrics } = definition.manifest;
  // What is no text in Unicode would become the same on the page.
  const labels = Object.fromEntries(Object.entries(given).map(([label, value]) => [label, value.toWellFormed()]));
  const owned = Object.keys(labels).find((label) => Object.hasOwn(ownLabels, label));
  if (owned !== undefined)
    throw invalid(definition, `the metric ${name} has the label ${owned}, which only parts of a ${ownLabels[owned]} have`);
  if (!metrics) {
    if (/_(total|info|bucket|sum|count|created)$/.test(name))
      throw invalid(definition, `the metric ${name} has an ending that is allowed only for metrics in a manifest`);
    return { head: { name: prefix + name, type: 'gauge', help: helpFrom(definition) }, labels: Object.entries(labels).sort() };
  }
  const declared = metrics.find((metric) => metric.name === name);
  if (!declared) throw invalid(definition, `the metric ${name} is not in the manifest`);
  for (const label of Object.keys(labels)) {
    if (!declared.labels.includes(label))
      throw invalid(definition, `the metric ${name} has the label ${label}, which is not in the manifest`);
  }
  const { type, unit, help } = declared;
  return {
    head: { name: prefix + name, type, help, ...(unit !== undefined && { unit }) },
    labels: declared.labels.map((label) => [label, labels[label] ?? '']),
  };
}

/** Which plugin reports which family: no family may occur twice on the page. */
export interface MetricOwners {
  /** The families of a plugin from now on. @throws MONITOR_PLUGIN_METRIC_CLASH, and nothing has changed */
  claim(plugin: string, families: readonly FamilyHead[]): void;
  release(plugin: string): void;
}

/** @param builtIn - all names that families of the agent itself take up */
export function createMetricOwners(builtIn: readonly string[]): MetricOwners {
  const owners = new Map(builtIn.map((name) => [name, 'the agent']));
  const release = (plugin: string) => {
    for (const [name, owner] of owners) if (owner === plugin) owners.delete(name);
  };
  return {
    claim: (plugin, families) => {
      for (const family of families) {
        const owner = namesOfFamily(family)
          .map((name) => owners.get(name) ?? plugin)
          .find((one) => one !== plugin);
        if (owner !== undefined) throw new GantryError('MONITOR_PLUGIN_METRIC_CLASH', { name: plugin, metric: family.name, owner });
      }
      release(plugin);
      for (const name of families.flatMap(namesOfFamily)) owners.set(name, plugin);
    },
    release,
  };
}
