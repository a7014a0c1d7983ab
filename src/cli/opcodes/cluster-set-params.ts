import { GantryError, type Json } from '../../base/index.ts';
import { adjustIpolicy, ipolicyOptions } from '../command/ipolicy-options.ts';
import { defineExtras } from './define-extras.ts';

export const clusterSetParams = defineExtras({
  options: ipolicyOptions,
  adjust: (params, options) => adjustIpolicy(adjustCollectors(params), options),
});

/** Seconds, as they are said to people, become Ganeti's microseconds; `default` is what stands for nothing set. */
function adjustCollectors(params: Readonly<Record<string, Json>>): Record<string, Json> {
  const { enabled_data_collectors: active, data_collector_interval: interval, ...others } = params;
  return {
    ...others,
    ...(active === undefined ? {} : { enabled_data_collectors: eachValue(active, (value) => value) }),
    ...(interval === undefined ? {} : { data_collector_interval: eachValue(interval, microseconds) }),
  };
}

const eachValue = (values: Json, change: (value: Json, field: string) => Json): Json =>
  Object.fromEntries(
    Object.entries(values as Record<string, Json>).map(([name, value]) => [name, value === 'default' ? null : change(value, name)]),
  );

function microseconds(value: Json, name: string): number {
  const seconds = typeof value === 'boolean' ? Number.NaN : Number(value);
  if (Number.isFinite(seconds)) return Math.round(seconds * 1e6);
  const problem = `"${String(value)}" is not a number of seconds`;
  throw new GantryError('INPUT_INVALID', { subject: 'command line', field: `data_collector_interval.${name}`, problem });
}
