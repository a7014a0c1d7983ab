import type { OsInfo } from '../../rpc/index.ts';
import type { ApiContext } from '../api-options.ts';

interface Known {
  readonly at: number;
  readonly byNode: ReadonlyMap<string, readonly OsInfo[]>;
}

const freshMs = 60_000;
const answerWithinMs = 5000;
const known = new WeakMap<object, Known>();
const asking = new WeakMap<object, Promise<Known>>();

/** Asks the nodes that may run instances; one that does not answer soon is left out. */
async function ask({ services }: ApiContext): Promise<Known> {
  const nodes = [...services.config.current.nodes.values()].filter((node) => node.vm_capable && !node.offline);
  const answers = await Promise.all(
    nodes.map(async ({ uuid, name }): Promise<[string, readonly OsInfo[]][]> => {
      try {
        const signal = AbortSignal.timeout(answerWithinMs);
        return [[uuid, await services.nodes.call(uuid, 'os-list', {}, { signal })]];
      } catch (error) {
        services.log.warn({ err: error, node: name }, 'the node did not tell its operating systems');
        return [];
      }
    }),
  );
  return { at: services.clock.now(), byNode: new Map(answers.flat()) };
}

/** The newest answers. Once there are some, a request never waits: old ones are renewed behind it. */
async function current(context: ApiContext): Promise<Known> {
  const { services } = context;
  const have = known.get(services.nodes);
  if (have && services.clock.now() - have.at < freshMs) return have;
  let running = asking.get(services.nodes);
  if (!running) {
    running = ask(context).then((found) => {
      asking.delete(services.nodes);
      if (found.byNode.size > 0) known.set(services.nodes, found);
      return found;
    });
    asking.set(services.nodes, running);
  }
  return have ?? running;
}

/** The operating systems that are valid on every node that answered, by name. */
export async function commonOses(context: ApiContext): Promise<OsInfo[]> {
  const { byNode } = await current(context);
  const [first = [], ...others] = [...byNode.values()];
  const valid = (list: readonly OsInfo[], name: string) => list.some((os) => os.name === name && os.valid);
  return first
    .filter(({ name, valid: ok }) => ok && others.every((list) => valid(list, name)))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}
