import { formatMebibytes } from '../../base/index.ts';
import { harmless } from './print.ts';

/** How sizes are written: for people, or as a bare number of MiB, GiB or TiB. */
export type SizeUnit = 'h' | 'm' | 'g' | 't';

export function formatSize(value: unknown, unit: SizeUnit = 'h'): string {
  if (typeof value !== 'number') return formatPlain(value);
  if (unit === 'h') return formatMebibytes(value);
  const divisor = { m: 1, g: 1024, t: 1048576 }[unit];
  return unit === 'm' ? String(value) : (value / divisor).toFixed(1);
}

/** Seconds since 1970, or Ganeti's pair of seconds and microseconds, as local time to the second. */
export function formatTime(value: unknown): string {
  const seconds = Array.isArray(value) ? Number(value[0]) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return '-';
  const date = new Date(seconds * 1000);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A length of time: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 1 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Anything in one cell: nothing is `-`, truth is `yes` or `no`, lists are joined by commas, objects become `key=value`. */
export function formatPlain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(formatPlain).join(',');
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([key, part]) => `${harmless(key)}=${formatPlain(part)}`);
    return pairs.length === 0 ? '-' : pairs.join(',');
  }
  return harmless(typeof value === 'string' ? value : JSON.stringify(value));
}
