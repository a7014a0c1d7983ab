import { withGiven } from '../../model/index.ts';

type Params<T> = Readonly<Record<string, T>>;

/** `withGiven` for each family of parameters, by its name: by hypervisor, OS or disk template. */
export function withGivenEach<T>(old: Params<Params<T>>, given: Params<Params<T>>): Record<string, Record<string, T>> {
  const result: Record<string, Record<string, T>> = { ...old };
  for (const [key, params] of Object.entries(given))
    result[key] = withGiven<Record<string, T>>(old[key] ?? {}, params) as Record<string, T>;
  return result;
}
