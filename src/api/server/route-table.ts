import type { Route } from '../routes/route.ts';

/** Finds out whether a path belongs to some resource, whatever the method. */
export interface RouteTable {
  has(path: string): boolean;
  /** The route and the parameters in the path. */
  match(method: Route['method'], path: string): { readonly route: Route; readonly params: Record<string, string> } | undefined;
}

const escape = (text: string) => text.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A malformed escape names nothing.
    return undefined;
  }
}

export function routeTable(routes: readonly Route[]): RouteTable {
  const patterns = routes.map((route) => {
    const pattern = escape(route.path).replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    return { route, pattern: new RegExp(`^${pattern}$`) };
  });
  return {
    has: (path) => patterns.some(({ pattern }) => pattern.test(path)),
    match(method, path) {
      for (const { route, pattern } of patterns) {
        const groups = route.method === method ? pattern.exec(path) : null;
        if (!groups) continue;
        const params = Object.entries(groups.groups ?? {}).map(([name, text]) => [name, decode(text)] as const);
        if (params.every(([, text]) => text !== undefined)) return { route, params: Object.fromEntries(params) as Record<string, string> };
      }
      return undefined;
    },
  };
}
