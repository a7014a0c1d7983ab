import { GantryError } from '../../base/index.ts';
import type { FamilyHead, FamilySamples } from '../collector/metric-family.ts';
import { endings, formatLabels, formatNumber } from '../host/format-samples.ts';
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
    const shown = formatLabels(labels);
    if (family.lines.has(shown)) throw invalid(definition, `the metric ${sample.name} is there twice with the labels ${shown || '(none)'}`);
    const ending = head.type === 'counter' || head.type === 'info' ? endings[head.type] : '';
    family.lines.set(shown, `${head.name}${ending}${shown} ${formatNumber(sample.value)}\n`);
  }
  return [...byFamily.values()].map(({ head, lines }) => ({ family: head.name, head, text: [...lines.values()].join('') }));
}

/** Of a metric that says nothing about itself. */
const helpFrom = ({ name }: PluginDefinition): string => `Of plugin ${name}.`;

const invalid = ({ name }: PluginDefinition, problem: string) => new GantryError('MONITOR_PLUGIN_REPORT_INVALID', { name, problem });

type Labels = readonly (readonly [name: string, value: string])[];

function familyOf(definition: PluginDefinition, { name, labels = {} }: Sample): { head: FamilyHead; labels: Labels } {
  const { metrics } = definition.manifest;
  if (!metrics) {
    if (/_(total|info|bucket|sum|count|created)$/.test(name))
      throw invalid(definition, `the metric ${name} has an ending that only a manifest can give`);
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

/** Who reports which family, since no family may stand twice on the page. */
export interface MetricOwners {
  /** The families of a plugin from now on. @throws MONITOR_PLUGIN_METRIC_CLASH, and nothing has changed */
  claim(plugin: string, families: readonly string[]): void;
  release(plugin: string): void;
}

/** Names that Prometheus takes for parts of one family count as one. */
const core = (family: string): string => family.replace(/_(total|info|bucket|sum|count|created)$/, '');

/** @param builtIn - families of the agent itself */
export function createMetricOwners(builtIn: readonly string[]): MetricOwners {
  const owners = new Map(builtIn.map((family) => [core(family), 'the agent']));
  const release = (plugin: string) => {
    for (const [family, owner] of owners) if (owner === plugin) owners.delete(family);
  };
  return {
    claim: (plugin, families) => {
      for (const metric of families) {
        const owner = owners.get(core(metric)) ?? plugin;
        if (owner !== plugin) throw new GantryError('MONITOR_PLUGIN_METRIC_CLASH', { name: plugin, metric, owner });
      }
      release(plugin);
      for (const family of families) owners.set(core(family), plugin);
    },
    release,
  };
}
