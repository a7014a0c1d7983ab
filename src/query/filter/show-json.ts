/** JSON with a blank after commas and colons, the way Ganeti's messages quote it. */
export function showJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${showJson(one)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
