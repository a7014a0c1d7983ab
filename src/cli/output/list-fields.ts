import type { Row } from '../connect/cluster-client.ts';
import { formatPlain, formatSize, formatTime, type SizeUnit } from './format-values.ts';
import { paint } from './print.ts';

/** One column that a list can show. */
export interface ListField {
  /** As named with -o; also the key in the REST API's reply unless `value` says otherwise. */
  readonly name: string;
  readonly title: string;
  readonly right?: boolean;
  readonly value?: (row: Row) => unknown;
  readonly format?: (value: unknown, unit: SizeUnit, row: Row) => string;
}

export const sizeField = (name: string, title: string, value?: ListField['value']): ListField => ({
  name,
  title,
  right: true,
  format: (size, unit) => (Array.isArray(size) ? size.map((one) => formatSize(one, unit)).join(',') || '-' : formatSize(size, unit)),
  ...(value ? { value } : {}),
});

export const numberField = (name: string, title: string, value?: ListField['value']): ListField => ({
  name,
  title,
  right: true,
  ...(value ? { value } : {}),
});

export const timeField = (name: string, title: string): ListField => ({ name, title, format: formatTime });

export const commonFields: readonly ListField[] = [
  { name: 'tags', title: 'Tags' },
  { name: 'uuid', title: 'UUID' },
  numberField('serial_no', 'Serial'),
  timeField('ctime', 'Created'),
  timeField('mtime', 'Changed'),
];

/** Value of a field in a row of the REST API: its own rule, the key itself, or `be/vcpus` and the like, which look into an object. */
export function fieldValue(field: ListField, row: Row): unknown {
  if (field.value) return field.value(row);
  if (field.name in row) return row[field.name];
  const [family = '', rest = ''] = field.name.split('/', 2);
  const holder = row[families[family] ?? family];
  return typeof holder === 'object' && holder !== null ? (holder as Record<string, unknown>)[rest] : undefined;
}

/** Ganeti's short names of the parameter families. */
const families: Record<string, string> = {
  be: 'beparams',
  hv: 'hvparams',
  nd: 'ndparams',
  'disk.size': 'disk.sizes',
  'nic.ip': 'nic.ips',
  'nic.mac': 'nic.macs',
};

/** A field that is not in the table of known ones, when the rows have it. */
export function openField(name: string, rows: readonly Row[]): ListField | undefined {
  const field: ListField = { name, title: name };
  const [family = '', rest] = name.split('/', 2);
  const inFamily = rest !== undefined && family in families;
  if (inFamily && rows.length === 0) return field;
  return rows.some((row) => fieldValue(field, row) !== undefined) ? field : undefined;
}

const statusStyles: Record<string, 'green' | 'red' | 'yellow' | 'gray'> = {
  running: 'green',
  success: 'green',
  error: 'red',
  canceled: 'yellow',
  canceling: 'yellow',
  waiting: 'yellow',
  offline: 'red',
  drained: 'yellow',
  ADMIN_down: 'gray',
};

/** A status in its colour, for terminals. */
export function formatStatus(value: unknown): string {
  const text = formatPlain(value);
  const style = statusStyles[text] ?? (text.startsWith('ERROR') ? 'red' : undefined);
  return style ? paint(style, text) : text;
}
